using ImagePrediction;
using ImagePrediction.Worker;
using ImagePrediction.Worker.Tasks;

if (args is ["predict", .. var paths])
    return await PredictCommand.RunAsync(paths);

Priority.GiveWay();

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
// One each to claim, to write outcomes, to renew leases, to hand back, for the watchdog, and to say that it runs.
builder.AddCore(connections: 6);
builder.AddModel();
builder.AddTasks();

var app = builder.Build();

app.MapDefaultEndpoints();

await app.RunAsync();
return Environment.ExitCode;
