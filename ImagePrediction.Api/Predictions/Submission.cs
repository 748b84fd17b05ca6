using System.Diagnostics;
using ImagePrediction.Api.Access;
using ImagePrediction.Api.Background;
using ImagePrediction.Api.Errors;
using ImagePrediction.Api.Webhooks;
using ImagePrediction.Images;
using ImagePrediction.Store;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Predictions;

/// <summary>Receives an image and makes it a prediction: file, row, hint, in this order. Durable when it returns.</summary>
internal sealed class Submission(
    ImageStore images, Intake intake, PredictionStore store, WebhookUrls webhooks, QueueSnapshot queue, IOptions<UploadOptions> limits)
{
    private const int RoomForTheForm = 256 << 10;
    private static readonly ActivitySource Activities = new("ImagePrediction.Api");

    /// <summary>What came of an upload.</summary>
    /// <param name="New">What was accepted.</param>
    /// <param name="CreatedAt">When; null when the idempotency key was used before, for the same image.</param>
    /// <param name="ReplayOf">The prediction that was made then.</param>
    public sealed record Result(NewPrediction New, DateTime? CreatedAt, Guid ReplayOf = default);

    /// <summary>Receives the image of a request under this id.</summary>
    /// <exception cref="ProblemException">It is refused; nothing is left of it.</exception>
    public async Task<Result> AcceptAsync(HttpContext context, Guid id)
    {
        intake.ThrowIfAway();
        queue.ReceivingBegins();
        try
        {
            return await ReceiveAndAcceptAsync(context, id);
        }
        finally
        {
            queue.ReceivingEnds();
        }
    }

    private async Task<Result> ReceiveAndAcceptAsync(HttpContext context, Guid id)
    {
        var request = context.Request;
        // The form around the image needs room too; the image itself is held to the limit byte by byte.
        if (request.ContentLength > limits.Value.MaxBytes + RoomForTheForm)
            throw Upload.TooLarge(limits.Value);
        var key = RequestHeaders.IdempotencyKey(request);
        var webhook = webhooks.FromHeader(request);

        await using var incoming = images.Begin();
        var (upload, field) = await ReceiveAsync(request, incoming, withHash: key is not null, context.RequestAborted);
        webhook = webhooks.Agree(webhook, field);
        await incoming.KeepAsAsync(id);

        using var activity = Activities.StartActivity("send tasks", ActivityKind.Producer);
        activity?.SetTag("messaging.system", "redis").SetTag("messaging.destination.name", "tasks")
            .SetTag("messaging.operation.name", "send").SetTag("messaging.operation.type", "send").SetTag("messaging.message.id", id);
        var accepted = new NewPrediction(id, incoming.Length, upload.Format.MediaType, upload.Header.Width, upload.Header.Height,
            Activity.Current?.Id, context.User.Owner(), webhook, key, upload.Hash);
        try
        {
            if (await intake.AcceptAsync(accepted) is { } createdAt)
                return new(accepted, createdAt);
        }
        catch (Exception exception) when (DatabaseAway.MeansNeverSent(exception))
        {
            await images.DeleteAsync(id);
            throw;
        }
        await images.DeleteAsync(id);
        return new(accepted, null, await FindReplayedAsync(accepted, context.RequestAborted));
    }

    private async Task<(Upload Upload, string? WebhookUrl)> ReceiveAsync(
        HttpRequest request, IncomingImage incoming, bool withHash, CancellationToken aborted)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        limit.CancelAfter(limits.Value.MaxDuration);
        try
        {
            Task<Upload> Receive(Stream body) => Upload.ReceiveAsync(body, incoming, limits.Value, withHash, limit.Token);
            return MultipartUpload.IsForm(request)
                ? await MultipartUpload.ReadAsync(request, Receive, limit.Token) : (await Receive(request.Body), null);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            throw new ProblemException(ProblemType.TooSlow,
                $"An upload may take {limits.Value.MaxDuration.TotalSeconds} s. Send a smaller version of the photo.");
        }
    }

    private async Task<Guid> FindReplayedAsync(NewPrediction again, CancellationToken cancellationToken)
    {
        if (await store.FindByKeyAsync(again.Owner, again.IdempotencyKey!, cancellationToken) is not { } first)
            throw new ProblemException(ProblemType.DatabaseAway, "The idempotency key has just expired. Send it again.");
        return first.Hash.AsSpan().SequenceEqual(again.ImageHash) ? first.Id : throw new ProblemException(ProblemType.IdempotencyConflict,
            "This Idempotency-Key came with other bytes before. Use a new key for each image.");
    }
}
