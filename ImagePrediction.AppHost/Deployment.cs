namespace ImagePrediction.AppHost;

/// <summary>
/// What differs when the model is published instead of run. The bodies are in Deployment.Azure.cs, which is compiled only for a
/// deployment to Azure (docs/deployment.md); without it the compiler drops the calls, and the containers are published.
/// </summary>
internal static partial class Deployment
{
    /// <summary>The services' database: this one, or when published to Azure a managed one in its place.</summary>
    public static IResourceBuilder<IResourceWithConnectionString> Database(IResourceBuilder<PostgresDatabaseResource> local)
    {
        IResourceBuilder<IResourceWithConnectionString> database = local;
        if (local.ApplicationBuilder.ExecutionContext.IsPublishMode)
            UseAzurePostgres(local, ref database);
        return database;
    }

    /// <summary>Adds hosting for the services and storage for the images, and sets how many instances run and their settings.</summary>
    public static void Prepare(
        IDistributedApplicationBuilder builder, IResourceBuilder<ProjectResource> api, IResourceBuilder<ProjectResource> worker)
    {
        UseAzureContainerApps(builder, api, worker);
    }

    static partial void UseAzurePostgres(
        IResourceBuilder<PostgresDatabaseResource> local, ref IResourceBuilder<IResourceWithConnectionString> database);

    static partial void UseAzureContainerApps(
        IDistributedApplicationBuilder builder, IResourceBuilder<ProjectResource> api, IResourceBuilder<ProjectResource> worker);
}
