using System.Diagnostics;
using ImagePrediction.Api.Access;
using ImagePrediction.Api.Errors;
using ImagePrediction.Api.Queue;
using ImagePrediction.Api.Webhooks;
using ImagePrediction.Database;
using ImagePrediction.Flow;
using ImagePrediction.Images;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Submit;

/// <summary>Receives an image and creates its prediction: file, row, hint, in this order. Durable when it returns.</summary>
internal sealed class Submission(
    UploadLimit uploads, ImageStore images, RemoteImages remote, ClientFlow flow, WebhookUrls webhooks, QueueSnapshot queue, IOptions<UploadOptions> options,
    TimeProvider time, ILogger<Submission> logger)
{
    private const int MaxKeyLength = 255, RoomForTheForm = 256 << 10;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly ActivitySource Activities = new("ImagePrediction.Api");

    private readonly UploadOptions _limits = options.Value;
    private long _databaseAwayAt;

    /// <summary>
    /// Receives the image of a request under this id. Returns the new prediction; its creation time (null if its idempotency key was used
    /// before); and the timestamp, by <see cref="TimeProvider"/>, of when the request was received in full.
    /// </summary>
    /// <exception cref="ProblemException">The image is rejected, and nothing of it is kept, unless the problem says that the outcome is unknown.</exception>
    /// <exception cref="Npgsql.NpgsqlException">The database is unavailable, and nothing is kept.</exception>
    public async Task<(NewPrediction New, DateTime? CreatedAt, long ReceivedAt)> AcceptAsync(HttpContext context, Guid id)
    {
        using var place = uploads.TakePlace(context);
        var request = context.Request;
        // Rejects requests before reading the body, for a moment after the database was found unavailable.
        if (_databaseAwayAt != 0 && time.GetElapsedTime(Volatile.Read(ref _databaseAwayAt)) < Pause)
            throw new ProblemException(ProblemType.DatabaseAway, "Nothing was accepted. Try again in a moment.");
        // Leaves room for the form around the image; the limit on the image itself is enforced while reading.
        if (request.ContentLength > _limits.MaxBytes + RoomForTheForm)
            throw Upload.TooLarge(_limits);
        var key = IdempotencyKey(request);
        var webhook = webhooks.FromHeader(request);
        var body = new UploadBody(request, _limits.FromUrl);

        using var arrival = queue.Receive();
        await using var incoming = images.Begin();
        Upload upload;
        using (Activities.StartActivity("receive image"))
            upload = await ReceiveAsync(body, incoming, withHash: key is not null, context.RequestAborted);
        var receivedAt = time.GetTimestamp();
        webhook = webhooks.Agree(webhook, body.WebhookUrl);
        var reference = UploadNames.Reference(request, body.Reference);
        using (Activities.StartActivity("store image"))
            await incoming.KeepAsAsync(id);

        using var activity = Activities.StartActivity("send tasks", ActivityKind.Producer);
        activity?.SetTag("messaging.system", "redis").SetTag("messaging.destination.name", "tasks")
            .SetTag("messaging.operation.name", "send").SetTag("messaging.operation.type", "send").SetTag("messaging.message.id", id);
        var prediction = new NewPrediction(id, incoming.Length, upload.Format.MediaType, upload.Header.Width, upload.Header.Height,
            Activity.Current?.Id, context.User.Owner(), webhook, key is null ? null : new(Client.KeyScopeOf(context), key, upload.Hash!), reference, UploadNames.FileName(body.FileName));
        return (prediction, await MakeAsync(prediction), receivedAt);
    }

    /// <summary>Receives an image as a client would send it, and discards it: see <see cref="WarmUp"/>.</summary>
    public async Task ReceiveNothingAsync(IFileInfo photo, CancellationToken cancellationToken)
    {
        using var form = new MultipartFormDataContent { { new StreamContent(photo.CreateReadStream()), "file", photo.Name } };
        var request = new DefaultHttpContext().Request;
        (request.ContentType, request.Body) = (form.Headers.ContentType!.ToString(), await form.ReadAsStreamAsync(cancellationToken));
        await using var incoming = images.Begin();
        await ReceiveAsync(new(request, fromUrl: false), incoming, withHash: false, cancellationToken);
    }

    /// <summary><c>Idempotency-Key</c>, with or without the quotes of the IETF draft; null if there is none.</summary>
    private static string? IdempotencyKey(HttpRequest request)
    {
        var values = request.Headers["Idempotency-Key"];
        if (values.Count == 0)
            return null;
        var key = values.Count == 1 ? values[0]!.Trim() : "";
        if (key is ['"', .., '"'] && key.Length > 1)
            key = key[1..^1];
        return key.Length is > 0 and <= MaxKeyLength && key.All(c => c is > ' ' and < (char)127)
            ? key : throw new ProblemException(ProblemType.MalformedRequest,
                $"Idempotency-Key must be one value of 1 to {MaxKeyLength} printable ASCII characters without spaces, such as a UUID.");
    }

    private async Task<Upload> ReceiveAsync(UploadBody body, IncomingImage incoming, bool withHash, CancellationToken aborted)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        limit.CancelAfter(_limits.MaxDuration);
        try
        {
            if (body.IsJson)
                return await FetchAsync(await body.ReadUrlAsync(limit.Token), incoming, withHash, limit.Token);
            var upload = await Upload.ReceiveAsync(await body.OpenFileAsync(limit.Token), incoming, _limits, withHash, limit.Token);
            await body.EndAsync(limit.Token);
            return upload;
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            throw new ProblemException(ProblemType.TooSlow,
                $"An upload may take at most {_limits.MaxDuration.TotalSeconds} s. Send a smaller version of the photo.");
        }
    }

    private async Task<Upload> FetchAsync(string url, IncomingImage incoming, bool withHash, CancellationToken tooSlow)
    {
        using var place = remote.TakePlace();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(tooSlow);
        limit.CancelAfter(RemoteImages.Longest);
        try
        {
            using var response = await remote.OpenAsync(url, limit.Token);
            return await Upload.ReceiveAsync(await response.Content.ReadAsStreamAsync(limit.Token), incoming, _limits, withHash, limit.Token);
        }
        catch (ProblemException problem) when (problem.InnerException is IOException)
        {
            throw RemoteImages.NotFetched("The other server broke off in the middle of the image.", problem);
        }
        catch (OperationCanceledException) when (!tooSlow.IsCancellationRequested)
        {
            throw RemoteImages.NotFetched($"The other server took more than {RemoteImages.Longest.TotalSeconds} s.");
        }
    }

    /// <summary>Inserts the row of a stored image; removes the image if it is certain that the insert failed.</summary>
    private async Task<DateTime?> MakeAsync(NewPrediction prediction)
    {
        try
        {
            if (await flow.AcceptAsync(prediction) is { } createdAt)
            {
                queue.Accepted(prediction.Owner);
                return createdAt;
            }
        }
        catch (Exception away) when (DatabaseAway.Means(away))
        {
            if (!DatabaseAway.IsFault(away) && !DatabaseAway.IsTimeout(away))
            {
                var before = Interlocked.Exchange(ref _databaseAwayAt, time.GetTimestamp());
                if (before == 0 || time.GetElapsedTime(before) >= Pause) // logged once for all requests that failed together
                    logger.AcceptFailed(Pause, away);
            }
            if (!DatabaseAway.MeansNothingChanged(away))
                throw new ProblemException(ProblemType.DatabaseAway, "Whether the image was accepted is unknown. "
                    + "Sending it again may create a second prediction, unless it has an Idempotency-Key.", away);
            await images.DeleteAsync(prediction.Id);
            throw;
        }
        await images.DeleteAsync(prediction.Id);
        return null;
    }
}
