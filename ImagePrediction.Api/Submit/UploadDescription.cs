using ImagePrediction.Decoding;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;

namespace ImagePrediction.Api.Submit;

/// <summary>Describes the body of an upload: it is streamed, so no parameter of the endpoint can.</summary>
internal static class UploadDescription
{
    public static Task Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var formats = string.Join(", ", ImageFormat.AcceptedFormats.Select(format => format.Name));
        var content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
        {
            ["multipart/form-data"] = new() { Schema = Form(), Encoding = new Dictionary<string, OpenApiEncoding>(StringComparer.Ordinal) { ["file"] = Photo() } },
            ["application/octet-stream"] = new() { Schema = Bytes() },
        };
        if (context.ApplicationServices.GetRequiredService<IOptions<UploadOptions>>().Value.FromUrl)
            content["application/json"] = new() { Schema = Remote() };
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Description = $"A form with the photo in the field `file`, or the photo itself as the body. Accepted, by content: {formats}.",
            Content = content,
        };
        return Task.CompletedTask;
    }

    private static OpenApiSchema Form() => new()
    {
        Type = JsonSchemaType.Object,
        Required = new HashSet<string>(StringComparer.Ordinal) { "file" },
        Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            ["file"] = Bytes(),
            ["webhook_url"] = WebhookUrl(),
            ["reference"] = Reference(),
        },
    };

    private static OpenApiSchema Remote() => new()
    {
        Type = JsonSchemaType.Object,
        Required = new HashSet<string>(StringComparer.Ordinal) { "url" },
        Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            ["url"] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "uri", Description = "Where the photo is." },
            ["webhook_url"] = WebhookUrl(),
            ["reference"] = Reference(),
        },
    };

    private static OpenApiSchema WebhookUrl() => new()
    {
        Type = JsonSchemaType.String | JsonSchemaType.Null, Format = "uri", Description = "Where to POST the prediction once it is final.",
    };

    private static OpenApiSchema Reference() => new()
    {
        Type = JsonSchemaType.String | JsonSchemaType.Null, MaxLength = 200, Description = "What you call it; comes back with the prediction, and lists can be filtered by it.",
    };

    // Without this, Kiota treats the form as JSON.
    private static OpenApiEncoding Photo() => new() { ContentType = string.Join(", ", ImageFormat.AcceptedFormats.Select(format => format.MediaType)) };

    private static OpenApiSchema Bytes() => new() { Type = JsonSchemaType.String, Format = "binary" };
}
