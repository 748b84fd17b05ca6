namespace ImagePrediction.AppHost;

/// <summary>Reports startup progress on the console.</summary>
internal static class Progress
{
    /// <summary>Prints what is starting and, once everything is running, its URL and a command to try.</summary>
    public static void Tell(
        IDistributedApplicationBuilder builder, RunSettings settings, IResourceBuilder<ProjectResource> api, IResourceBuilder<ProjectResource> worker, string? key)
    {
        builder.OnBeforeStart((_, _) => Console.Out.WriteLineAsync(
            $"Starting Redis and Postgres {(settings.UseContainers ? "in containers" : "as processes")}, the API and the workers…"));
        // Printed before anything else is ready: the dashboard shows what fails to start.
        builder.Eventing.Subscribe<ResourceReadyEvent>((ready, _) => ready.Resource.Name == "aspire-dashboard"
            ? Console.Out.WriteLineAsync($"Dashboard at {Dashboard.Link(builder.Configuration)}") : Task.CompletedTask);
        var told = 0;
        worker.OnResourceReady((_, _, _) =>
        {
            // Workers wait for the API: once the first of them is ready, so is everything.
            var url = api.GetEndpoint("http").Url;
            var authorization = key is null ? "" : $"-H 'Authorization: Bearer {key}' ";
            var photo = Path.GetRelativePath(Environment.CurrentDirectory, Path.Combine(builder.AppHostDirectory, "..", "ImagePrediction.Api", "wwwroot", "samples", "dog.jpg"));
            var open = key is null ? "" : $"\nOther machines may call it, with the API key of {Path.Combine(settings.Data, "secrets", "api-key")}: {key}";
            return Interlocked.Increment(ref told) > 1 ? Task.CompletedTask
                : Console.Out.WriteLineAsync($"API ready at {url}\nTry: curl {authorization}-F file=@{photo} {url}/image_prediction{open}");
        });
    }
}
