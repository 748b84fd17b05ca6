namespace ImagePrediction.AppHost;

/// <summary>
/// What differs where the model is published instead of run. The bodies stand in Deployment.Azure.cs, which is compiled with
/// Aspire's packages only; without them the compiler drops the calls, and there is nothing that could publish.
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
        IResourceBuilder<RedisResource> redis, IResourceBuilder<ProjectResource> api, IResourceBuilder<ProjectResource> worker)
    {
        UseAzureContainerApps(redis, api, worker);
    }

    static partial void UseAzurePostgres(
        IResourceBuilder<PostgresDatabaseResource> local, ref IResourceBuilder<IResourceWithConnectionString> database);

    static partial void UseAzureContainerApps(
        IResourceBuilder<RedisResource> redis, IResourceBuilder<ProjectResource> api, IResourceBuilder<ProjectResource> worker);
}
