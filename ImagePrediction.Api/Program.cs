using ImagePrediction;
using ImagePrediction.Api;
using ImagePrediction.Api.Access;
using ImagePrediction.Api.Background;
using ImagePrediction.Api.Errors;
using ImagePrediction.Api.Health;
using ImagePrediction.Api.Limits;
using ImagePrediction.Api.OpenApi;
using ImagePrediction.Api.Operations;
using ImagePrediction.Api.Pictures;
using ImagePrediction.Api.Predictions;
using ImagePrediction.Api.Webhooks;
using ImagePrediction.Store;
using Scalar.AspNetCore;

if (args is ["new-key", var name])
    return NewKeyCommand.Run(name);

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
builder.AddNpgsqlDbContext<PredictionsContext>("predictions", settings => settings.DisableHealthChecks = true);
builder.AddCore(connections: 16);
builder.AddAccess();
builder.AddLimits();
builder.AddPredictions();
builder.AddOperations();
builder.AddWebhooks();
builder.AddPictures();
builder.AddProblems();
builder.AddBackgroundWork();
builder.AddDependencyHealth();
builder.AddApiDescription();

var app = builder.Build();
if (app.ReasonNotToStart() is { } reason)
{
    await Console.Error.WriteLineAsync(reason);
    return 1;
}

app.UseForwardedHeaders();
app.UseExceptionHandler();
app.UseStatusCodePages();
app.UseCors();
app.UseAuthentication();
app.UseCrossOriginProtection();
app.UseRateLimiter();
app.UseAuthorization();
app.MapDefaultEndpoints();
app.MapPredictions();
app.MapPredictionList();
app.MapStats();
app.MapSession();
app.MapWebhooks();
app.MapPictures();
app.MapOpenApi().RequireRateLimiting(RequestRate.Policy);
app.MapScalarApiReference("/docs", ApiReference.Configure);
app.UsePages();

await app.RunAsync();
return 0;
