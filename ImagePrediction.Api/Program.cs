using ImagePrediction;
using ImagePrediction.Api.Background;
using ImagePrediction.Api.Errors;
using ImagePrediction.Api.Health;
using ImagePrediction.Api.Pictures;
using ImagePrediction.Api.Predictions;
using ImagePrediction.Queue;
using ImagePrediction.Store;
using ImagePrediction.Api;
using Scalar.AspNetCore;

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
builder.AddRedisClient("redis", settings => settings.DisableHealthChecks = true, RedisDefaults.Apply);
builder.AddNpgsqlDbContext<PredictionsContext>("predictions");
builder.AddCore();
builder.AddPredictions();
builder.AddPictures();
builder.AddProblems();
builder.AddBackgroundWork();
builder.AddDependencyHealth();
builder.Services.AddOpenApi();

var app = builder.Build();

app.UseExceptionHandler();
app.UseStatusCodePages();
app.MapDefaultEndpoints();
app.MapPredictions();
app.MapPictures();
app.MapOpenApi();
app.MapScalarApiReference("/docs", ApiReference.Configure);
app.UseDefaultFiles();
app.UseStaticFiles();

await app.RunAsync();
