using System.Globalization;
using ImagePrediction.AppHost;

var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions
{
    Args = RunSettings.WithValues(args),
    DisableDashboard = args.Contains("--no-dashboard"),
});
var settings = RunSettings.From(builder);
if (settings.ReasonNotToStart() is { } reason)
{
    await Console.Error.WriteLineAsync(reason);
    return 1;
}

IResourceBuilder<IResourceWithConnectionString> redis, predictions;
if (settings.UseContainers)
{
    redis = builder.AddRedis("redis").WithoutHttpsCertificate();
    // In a deployment to Azure, Azure's Postgres replaces this server.
    predictions = Deployment.Database(builder.AddPostgres("postgres").WithDataVolume(settings.Volume).AddDatabase("predictions"));
}
else
{
    redis = builder.AddNativeRedis("redis", settings.Data);
    predictions = builder.AddNativePostgres("postgres", settings.Data).AddDatabase("predictions");
}

// The services read nothing but connection strings.
var api = builder.AddProject<Projects.ImagePrediction_Api>("api")
    .WithHttpEndpoint(settings.Port, isProxied: false) // without a proxy, so that the API sees its clients' addresses
    .WithoutHttpsCertificate()
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/health")
    .WithReferenceEnvironment(ReferenceEnvironmentInjectionFlags.ConnectionString)
    .WithReference(redis).WaitFor(redis)
    .WithReference(predictions).WaitFor(predictions);

// The API migrates the database, so workers start after it.
var worker = builder.AddProject<Projects.ImagePrediction_Worker>("worker")
    .WithHttpEndpoint()
    .WithoutHttpsCertificate()
    .WithHttpHealthCheck("/health")
    .WithReplicas(settings.Replicas)
    .WithReferenceEnvironment(ReferenceEnvironmentInjectionFlags.ConnectionString)
    .WithReference(redis).WaitFor(redis)
    .WithReference(predictions).WaitFor(predictions)
    .WaitFor(api);

// Folders and processors of this machine are irrelevant when publishing.
if (builder.ExecutionContext.IsRunMode)
{
    api.WithEnvironment("Images__Folder", settings.Images).RunAsBuilt();
    worker.WithEnvironment("Images__Folder", settings.Images).RunAsBuilt()
        // Not in a launch profile: `dotnet run` would print its name into the output of `predict`.
        .WithEnvironment("ASPNETCORE_ENVIRONMENT", builder.Environment.EnvironmentName)
        .WithEnvironment("Worker__Replicas", settings.Replicas.ToString(CultureInfo.InvariantCulture));
    if (settings.Host is { } host)
        api.WithEndpoint("http", endpoint => endpoint.TargetHost = host).WithEnvironment("AllowedHosts", "*");
    if (settings.Model is { } model)
        worker.WithEnvironment("Model__Path", model);
    builder.RunOnThisMachine(settings, api, worker, NetworkKey.Demand(api, settings, builder.Configuration));
}
else
{
    Deployment.Prepare(builder, api, worker);
}

await builder.Build().RunAsync();
return Environment.ExitCode;
