using ImagePrediction;
using ImagePrediction.Queue;
using ImagePrediction.Worker;
using ImagePrediction.Worker.Tasks;

if (args is ["predict", .. var paths])
    return await PredictCommand.RunAsync(paths);

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
builder.AddRedisClient("redis", settings => settings.DisableHealthChecks = true, RedisDefaults.Apply);
builder.AddCore();
builder.AddModel();
builder.AddTasks();

var app = builder.Build();

app.MapDefaultEndpoints();

await app.RunAsync();
return Environment.ExitCode;
