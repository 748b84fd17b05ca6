using ImagePrediction;
using ImagePrediction.Api;
using ImagePrediction.Api.Access;
using ImagePrediction.Api.Change;
using ImagePrediction.Api.Errors;
using ImagePrediction.Api.Health;
using ImagePrediction.Api.OpenApi;
using ImagePrediction.Api.Operations;
using ImagePrediction.Api.Outbound;
using ImagePrediction.Api.Pictures;
using ImagePrediction.Api.Queue;
using ImagePrediction.Api.Read;
using ImagePrediction.Api.Submit;
using ImagePrediction.Api.Upkeep;
using ImagePrediction.Api.Webhooks;
using ImagePrediction.Database;

if (args is ["new-key", var name])
    return NewKeyCommand.Run(name);

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
builder.Services.AddSingleton(TimeProvider.System);
builder.AddCore(connections: 16);
builder.AddPredictionsContext();
builder.AddJson();
builder.AddProblems();
builder.AddAccess();
builder.AddUpkeep();
builder.AddQueue();
builder.AddRead();
builder.AddOutbound();
builder.AddWebhooks();
builder.AddSubmit();
builder.AddPictures();
builder.AddOperations();
builder.AddDependencyHealth();
builder.AddApiDescription();
builder.AddPages();

var app = builder.Build();
if (app.ReasonNotToStart() is { } reason)
{
    await Console.Error.WriteLineAsync(reason);
    return 1;
}

app.UseForwardedHeaders();
app.UseProblems();
app.UseHead();
app.UseRouting();
app.UseCors();
app.UseAuthentication();
app.UseCrossOriginProtection();
app.UseRateLimiter();
app.UseAuthorization();
app.MapDefaultEndpoints();
app.MapSubmit();
app.MapRead();
app.MapChange();
app.MapPictures();
app.MapWebhooks();
app.MapStats();
app.MapPause();
app.MapSession();
app.MapErrorPages();
app.MapOpenApi().RequireRateLimiting(RequestRate.Policy);
app.UsePages();

await app.RunAsync();
return 0;
