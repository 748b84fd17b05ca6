using Azure.Provisioning.AppContainers;
using Azure.Provisioning.PostgreSql;
using Azure.Provisioning.Storage;

namespace ImagePrediction.AppHost;

/// <summary>
/// The published model: Azure Container Apps, with Azure's Postgres and storage account. None of this applies in run mode,
/// where AppHost.cs runs Postgres, and stores images in a folder. See docs/deployment.md.
/// </summary>
internal static partial class Deployment
{
    static partial void UseAzurePostgres(
        IResourceBuilder<PostgresDatabaseResource> local, ref IResourceBuilder<IResourceWithConnectionString> database)
    {
        var builder = local.ApplicationBuilder;
        builder.Resources.Remove(local.Resource.Parent);
        builder.Resources.Remove(local.Resource);
        database = builder.AddAzurePostgresFlexibleServer("postgres")
            // Npgsql logs in with a password, kept in a key vault; for a managed identity it would need a new token each hour.
            .WithPasswordAuthentication()
            // Ten API instances and ten workers may open 260 connections: this is the smallest size that allows that many.
            .ConfigureInfrastructure(infrastructure =>
            {
                var server = infrastructure.GetProvisionableResources().OfType<PostgreSqlFlexibleServer>().Single();
                server.Sku = new PostgreSqlFlexibleServerSku { Name = "Standard_B2s", Tier = PostgreSqlFlexibleServerSkuTier.Burstable };
                // Aspire asks for zone 1, which not every region has.
                server.ProvisionableProperties.Remove("AvailabilityZone");
            })
            .AddDatabase("predictions");
    }

    static partial void UseAzureContainerApps(
        IDistributedApplicationBuilder builder, IResourceBuilder<ProjectResource> api, IResourceBuilder<ProjectResource> worker)
    {
        var redis = builder.CreateResourceBuilder(builder.Resources.OfType<RedisResource>().Single());
        builder.AddAzureContainerAppEnvironment("environment");
        var storage = builder.AddAzureStorage("storage");
        var images = storage.AddBlobContainer("images");
        foreach (var (service, role) in new[] { (api, StorageBuiltInRole.StorageBlobDataContributor), (worker, StorageBuiltInRole.StorageBlobDataReader) })
        {
            service.WithReference(images).WithRoleAssignments(storage, role);
            Probe(service, ProbeType.Liveness, "/alive");
            Probe(service, ProbeType.Readiness, "/health");
        }

        // Redis holds only expendable data, so it has no volume; but scaled to zero it would stay down, since only HTTP starts an app again.
        redis.PublishAsAzureContainerApp((_, app) => Scale(app, most: 1));

        api.WithEndpoint("http", endpoint => endpoint.Port = null) // 5080 is for a developer's machine
            // Aspire would trust any proxy. This network is the one that an environment reserves for itself.
            .DisableForwardedHeaders()
            .WithEnvironment("Proxies__Networks__0", "100.100.0.0/16")
            .WithEnvironment("Events__MaxDuration", "00:03:50") // the ingress cuts every request off after four minutes
            .WithEnvironment("ApiKeys__first__Sha256", builder.AddParameter("first-key-sha256", secret: true))
            .WithEnvironment("ApiKeys__first__Scopes", "read write operator")
            .PublishAsAzureContainerApp((_, app) => Scale(app, most: 10, new ContainerAppScaleRule
            {
                Name = "requests", Http = new ContainerAppHttpScaleRule { Metadata = { ["concurrentRequests"] = "100" } },
            }));

        worker.WithEnvironment("Worker__Replicas", "1") // a container has its processor to itself
            // Creates the secret that the scaler logs in with; without its own password variable the app would have no secret of that name.
            .WithEnvironment("REDIS_PASSWORD", redis.Resource.PasswordParameter!)
            .WithEnvironment("Worker__Grace", "00:00:40")
            .PublishAsAzureContainerApp((_, app) =>
            {
                // Longer than the grace period, which is longer than Worker:TaskTimeout, 30 s: tasks in progress finish, the rest is handed back.
                app.Template.TerminationGracePeriodSeconds = 60;
                app.Template.Containers[0].Value!.Resources = new AppContainerResources { Cpu = 1.0, Memory = "2Gi" };
                // The scaler runs in its own namespace, where the short name of an app does not resolve.
                Scale(app, most: 10, Backlog(redis.Resource.Name + ".k8se-apps.svc.cluster.local:6379"));
            });
    }

    // One worker per hundred queued: seconds of work, enough to justify starting another. Predictions in progress do not count.
    private static ContainerAppScaleRule Backlog(string address) => new()
    {
        Name = "backlog",
        Custom = new ContainerAppCustomScaleRule
        {
            CustomScaleRuleType = "redis",
            Metadata = { ["address"] = address, ["listName"] = "tasks", ["listLength"] = "100", ["activationListLength"] = "0" },
            Auth = { new ContainerAppScaleRuleAuth { SecretRef = "redis-password", TriggerParameter = "password" } },
        },
    };

    private static void Scale(ContainerApp app, int most, ContainerAppScaleRule? rule = null)
    {
        app.Template.Scale.MinReplicas = 1;
        app.Template.Scale.MaxReplicas = most;
        if (rule is not null)
            app.Template.Scale.Rules.Add(rule);
    }

    // Not WithHttpProbe: it would add the health check of AppHost.cs a second time, which Aspire refuses.
    private static void Probe(IResourceBuilder<ProjectResource> service, ProbeType type, string path) =>
        service.WithAnnotation(new EndpointProbeAnnotation
        {
            Type = type, EndpointReference = service.GetEndpoint("http"), Path = path,
            InitialDelaySeconds = 5, PeriodSeconds = 10, TimeoutSeconds = 5, FailureThreshold = 3, SuccessThreshold = 1,
        });
}
