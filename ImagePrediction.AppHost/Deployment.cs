namespace ImagePrediction.AppHost;

/// <summary>
/// What differs where the model is published instead of run. The bodies stand in Deployment.Azure.cs, which is compiled for a
/// deployment to Azure only (docs/deployment.md); without it the compiler drops the calls, and the containers are published.
/// </summary>
internal static partial class Deployment
{
    /// <summary>The database of the services: this one, or where the model is published a service of Azure in its place.</summary>
    public static IResourceBuilder<IResourceWithConnectionString> Database(IResourceBuilder<PostgresDatabaseResource> local)
    {
        IResourceBuilder<IResourceWithConnectionString> database = local;
        if (local.ApplicationBuilder.ExecutionContext.IsPublishMode)
            UseAzurePostgres(local, ref database);
        return database;
    }

    /// <summary>Adds where the services run and the images lie, and says how many instances there are and what they are told.</summary>
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
