namespace ImagePrediction.AppHost;

/// <summary>Tells whoever started the application how far it is.</summary>
internal static class Progress
{
    /// <summary>One line a step; at the end the address and a command to try.</summary>
    public static void Tell(
        IResourceBuilder<RedisResource> redis, IResourceBuilder<PostgresServerResource> postgres,
        IResourceBuilder<ProjectResource> api, IResourceBuilder<ProjectResource> worker)
    {
        Before(redis, "Starting Redis…");
        Before(postgres, "Starting Postgres…");
        Before(api, "Starting the API…");
        Before(worker, "Loading the model…");
        worker.OnResourceReady((_, _, _) =>
        {
            // Workers wait for the API: once the first of them is ready, so is everything.
            var url = api.GetEndpoint("http").Url;
            return Console.Out.WriteLineAsync($"API ready at {url}\nTry: curl -F file=@photo.jpg {url}/image_prediction");
        });
    }

    private static void Before<T>(IResourceBuilder<T> resource, string line) where T : IResource =>
        resource.OnBeforeResourceStarted((_, _, _) => Console.Out.WriteLineAsync(line));
}
