using ImagePrediction;
using ImagePrediction.Worker;
using ImagePrediction.Worker.Tasks;
using StackExchange.Redis;

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

// This takes 5 s while Redis is away. A stop before the host starts ends the process at once; during the host's start, it counts as a crash.
app.Services.GetRequiredService<IConnectionMultiplexer>();

await app.RunAsync();
return Environment.ExitCode;
