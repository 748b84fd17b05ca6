using System.Globalization;
using ImagePrediction.AppHost;
using Microsoft.Extensions.Configuration;

var builder = DistributedApplication.CreateBuilder(args);

var settings = builder.Configuration;
var port = settings.GetValue("PORT", 5080);
var replicas = settings.GetValue("REPLICAS", 2);
// A test gives a prefix of its own, so that it never meets the data of a developer.
var volume = settings["VolumePrefix"] is { Length: > 0 } prefix ? $"{prefix}-postgres" : null;

var redis = builder.AddRedis("redis");

// Where the model is published, Azure's Postgres takes the place of this server.
var postgres = builder.AddPostgres("postgres").WithDataVolume(volume);
var predictions = Deployment.Database(postgres.AddDatabase("predictions"));

var api = builder.AddProject<Projects.ImagePrediction_Api>("api")
    .WithHttpEndpoint(port)
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/health")
    .WithReference(redis).WaitFor(redis)
    .WithReference(predictions).WaitFor(predictions);

// The API migrates the database: workers come after it.
var worker = builder.AddProject<Projects.ImagePrediction_Worker>("worker")
    .WithHttpEndpoint()
    .WithHttpHealthCheck("/health")
    .WithReplicas(replicas)
    .WithReference(redis).WaitFor(redis)
    .WithReference(predictions).WaitFor(predictions)
    .WaitFor(api);

// Folders of this machine mean nothing where the model is published to.
if (builder.ExecutionContext.IsRunMode)
{
    var data = Path.GetFullPath(settings["DataDir"] ?? settings["DATA_DIR"] ?? Path.Combine(builder.AppHostDirectory, "..", ".data"));
    api.WithEnvironment("Images__Folder", Path.Combine(data, "images"));
    // This machine alone, unless somebody opens it. Some shells set HOST to the machine's name, which is not meant.
    if (settings["HOST"] is "0.0.0.0" or "::" && settings["HOST"] is { } host)
        api.WithEndpoint("http", endpoint => endpoint.TargetHost = host).WithEnvironment("AllowedHosts", "*");
    worker.WithEnvironment("Images__Folder", Path.Combine(data, "images"))
        .WithEnvironment("Worker__Replicas", replicas.ToString(CultureInfo.InvariantCulture));
    if (settings["model"] is { Length: > 0 } model)
        worker.WithEnvironment("Model__Path", Path.GetFullPath(model));
    Progress.Tell(redis, postgres, api, worker);
}
else
{
    Deployment.Prepare(redis, api, worker);
}

builder.Build().Run();
