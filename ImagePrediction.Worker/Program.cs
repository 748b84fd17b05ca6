using ImagePrediction;
using ImagePrediction.Worker;
using ImagePrediction.Worker.Tasks;

if (args is ["predict", .. var paths])
    return await PredictCommand.RunAsync(paths);

Priority.GiveWay();

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
// One each for claims, outcomes, lease renewal, hand-back, the watchdog, and presence.
builder.AddCore(connections: 6);
builder.AddModel();
builder.AddTasks();

var app = builder.Build();

app.MapDefaultEndpoints();

await app.RunAsync();
return Environment.ExitCode;
