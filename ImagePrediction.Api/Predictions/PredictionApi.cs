using System.Diagnostics;
using System.Text.Json;
using ImagePrediction.Api.Errors;
using ImagePrediction.Api.Webhooks;
using ImagePrediction.Images;
using ImagePrediction.Queue;
using ImagePrediction.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Predictions;

/// <summary>The routes under <c>/image_prediction</c>.</summary>
internal static class PredictionApi
{
    private static readonly ActivitySource Activities = new("ImagePrediction.Api");

    public static void AddPredictions(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<UploadOptions>().BindConfiguration("Uploads").ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<Intake>();
        builder.Services.AddSingleton(services => new Batcher<Guid, Prediction?>(
            services.GetRequiredService<PredictionStore>().FindAsync, concurrency: 2));
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default);
        });
        builder.Services.Configure<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null; // Post bounds it, and says so in a problem
        });
    }

    public static void MapPredictions(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/image_prediction").WithTags("Predictions");
        group.MapPost("/", Post).WithName("CreatePrediction").WithSummary("Ask whether there is a dog in a photo")
            .AddOpenApiOperationTransformer(UploadDocument.Describe)
            .ProducesProblem(400).ProducesProblem(413).ProducesProblem(415).ProducesProblem(422).ProducesProblem(503).ProducesProblem(507);
        group.MapGet("/{id}", Get).WithName("GetPrediction").WithSummary("Read a prediction").ProducesProblem(404).ProducesProblem(503);
        group.MapPost("/{id}/cancel", Cancel).WithName("CancelPrediction").WithSummary("Call a prediction off")
            .ProducesProblem(404).ProducesProblem(409).ProducesProblem(503);
    }

    private static async Task<Accepted<PredictionResponse>> Post(
        HttpContext context, ImageFolder images, Intake intake, WebhookUrls webhooks, IOptions<UploadOptions> limits,
        CancellationToken cancellationToken)
    {
        intake.ThrowIfAway();
        var webhook = webhooks.FromHeader(context.Request);
        // The form around the image needs room too; the image itself is held to the limit byte by byte.
        if (context.Request.ContentLength > limits.Value.MaxBytes + (256 << 10))
            throw Upload.TooLarge(limits.Value);

        await using var incoming = images.Begin();
        var (upload, webhookField) = await MultipartUpload.ReadAsync(context.Request,
            body => Upload.ReceiveAsync(body, incoming, limits.Value, cancellationToken), cancellationToken);
        webhook = webhooks.Agree(webhook, webhookField);

        var id = Guid.CreateVersion7();
        await incoming.KeepAsAsync(id);

        using var activity = Activities.StartActivity("send tasks", ActivityKind.Producer);
        activity?.SetTag("messaging.system", "redis").SetTag("messaging.destination.name", "tasks")
            .SetTag("messaging.operation.type", "send").SetTag("messaging.message.id", id);
        var accepted = new NewPrediction(id, incoming.Length, upload.Format.MediaType,
            upload.Header.Width, upload.Header.Height, Activity.Current?.Id, WebhookUrl: webhook);
        DateTime createdAt;
        try
        {
            createdAt = await intake.AcceptAsync(accepted);
        }
        catch (Exception exception) when (DatabaseAway.MeansNeverSent(exception))
        {
            images.Delete(id);
            throw;
        }

        context.Response.Headers.RetryAfter = "1";
        var response = PredictionResponse.From(accepted, createdAt);
        return TypedResults.Accepted(response.Links.Self, response);
    }

    private static async Task<Ok<PredictionResponse>> Get(string id, HttpContext context, Batcher<Guid, Prediction?> predictions)
    {
        var prediction = await predictions.RunAsync(Parse(id)) ?? throw NotFound(id);
        if (!prediction.IsFinal)
            context.Response.Headers.RetryAfter = "1";
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(PredictionResponse.From(prediction));
    }

    private static async Task<Ok<PredictionResponse>> Cancel(
        string id, PredictionStore store, TaskQueue queue, Batcher<Guid, Prediction?> predictions, CancellationToken cancellationToken)
    {
        if (await store.CancelAsync(Parse(id), cancellationToken) is { } canceled)
        {
            queue.PublishDone([canceled.Id]);
            return TypedResults.Ok(PredictionResponse.From(canceled));
        }
        var prediction = await predictions.RunAsync(Parse(id)) ?? throw NotFound(id);
        throw new ProblemException(ProblemType.AlreadyFinal, $"It is {StatusNames.Of(prediction.Status)}, which is final.");
    }

    private static Guid Parse(string id) => Guid.TryParse(id, out var guid) ? guid : throw NotFound(id);

    private static ProblemException NotFound(string id) =>
        new(ProblemType.NotFound, $"No prediction has the id {(id.Length <= 64 ? id : id[..64] + "…")}; it may have been deleted.");
}
