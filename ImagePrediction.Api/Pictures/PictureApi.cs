using System.Text.Json;
using ImagePrediction.Api.Access;
using ImagePrediction.Api.Errors;
using ImagePrediction.Api.Read;
using ImagePrediction.Decoding;
using ImagePrediction.Images;
using ImagePrediction.Predictions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace ImagePrediction.Api.Pictures;

/// <summary>The original picture, and a copy with its detections drawn in.</summary>
internal static class PictureApi
{
    // The original never changes, but it can be deleted, and should then not stay in a browser's cache for long.
    private const string CacheForAnHour = "private, max-age=3600";
    private const string AskEachTime = "private, no-cache";

    public static void AddPictures(this IHostApplicationBuilder builder)
    {
        ImageDecoder.EnsureReady();
        builder.Services.AddSingleton<DrawingPlaces>();
    }

    public static void MapPictures(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/image_prediction/{id}").WithTags("Predictions")
            .RequireAuthorization(Scopes.Read).RequireRateLimiting(RequestRate.Policy)
            .ProducesProblem(401).ProducesProblem(403).ProducesProblem(404).ProducesProblem(429).ProducesProblem(503);
        group.MapGet("/image", GetImage).WithName("GetImage").WithSummary("Get the original picture")
            .Produces<Stream>(200, "image/jpeg", [.. ImageFormat.AcceptedFormats.Skip(1).Select(format => format.MediaType)])
            .Produces(206).Produces(304);
        group.MapGet("/annotated", GetAnnotated).WithName("GetAnnotated").WithSummary("Get the picture with its detections drawn in")
            .Produces<Stream>(200, "image/jpeg").Produces(304).ProducesProblem(409);
    }

    private static async Task<FileStreamHttpResult> GetImage(
        string id, HttpContext context, VisiblePredictions visible, ImageStore images)
    {
        var prediction = await visible.FindAsync(id, context.User);
        var format = ImageFormat.Of(prediction.ImageType);
        var file = await StoredAsync(() => images.OpenReadAsync(prediction.Id, context.RequestAborted));
        Describe(context.Response, $"{prediction.Id}.{format?.Extension ?? "bin"}", CacheForAnHour);
        return TypedResults.Stream(file, format?.MediaType ?? "application/octet-stream",
            entityTag: new($"\"{prediction.Id}\""), enableRangeProcessing: true);
    }

    private static async Task<Results<FileContentHttpResult, StatusCodeHttpResult>> GetAnnotated(
        string id, HttpContext context, VisiblePredictions visible, ImageStore images, DrawingPlaces places,
        CancellationToken cancellationToken)
    {
        var prediction = await visible.FindAsync(id, context.User);
        if (prediction.Status != PredictionStatus.Succeeded)
            throw new ProblemException(ProblemType.NotSucceeded,
                VisiblePredictions.StandingOf(prediction) + (prediction.IsFinal ? "" : " Ask again once it has succeeded."));

        var tag = new EntityTagHeaderValue($"\"{prediction.Version}\"");
        if (Answering.HasCurrent(context.Request, tag))
        {
            Describe(context.Response, FileName(prediction), AskEachTime);
            context.Response.GetTypedHeaders().ETag = tag;
            return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        }
        var jpeg = await StoredAsync(() => places.RunAsync(Weight(prediction), () => Draw(prediction, images), cancellationToken));
        Describe(context.Response, FileName(prediction), AskEachTime);
        return TypedResults.Bytes(jpeg, "image/jpeg", entityTag: tag);
    }

    /// <summary>Pixels, weighted by memory: decoders of AVIF and TIFF may need several times as much as others.</summary>
    private static long Weight(Prediction prediction) => (long)prediction.ImageWidth * prediction.ImageHeight
        * (prediction.ImageType == ImageFormat.Avif.MediaType || prediction.ImageType == ImageFormat.Tiff.MediaType ? 4 : 1);

    private static byte[] Draw(Prediction prediction, ImageStore images)
    {
        using var bytes = images.Read(prediction.Id);
        return Annotator.Annotate(bytes.Memory.Span,
            JsonSerializer.Deserialize(prediction.Detections ?? "[]", DetectionJson.Default.IReadOnlyListDetection)!);
    }

    /// <summary>Distinguishes a permanently missing image from a temporarily unavailable store.</summary>
    private static async Task<T> StoredAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (ImageFaultException fault)
        {
            throw new ProblemException(ProblemType.NotSucceeded, $"The picture can no longer be drawn: {fault.Message.TrimEnd('.')}.", fault);
        }
        catch (FileNotFoundException gone)
        {
            throw new ProblemException(ProblemType.NotFound, "The image of this prediction is no longer in the image store.", gone);
        }
        catch (Exception away) when (away is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException(ProblemType.ImageStoreAway, "The image cannot be read right now. Try again in a moment.", away);
        }
    }

    /// <summary>Makes browsers show the file only as a picture, whatever it contains.</summary>
    private static void Describe(HttpResponse response, string name, string caching)
    {
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        response.Headers.ContentDisposition = $"inline; filename=\"{name}\"";
        response.Headers.CacheControl = caching;
        response.Headers.Vary = HeaderNames.Authorization;
    }

    private static string FileName(Prediction prediction) => $"{prediction.Id}-annotated.jpg";
}
