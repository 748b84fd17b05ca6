using ImagePrediction.Decoding;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ImagePrediction.Api.Submit;

/// <summary>Describes the body of an upload; it is streamed, so no parameter of the endpoint could.</summary>
internal static class UploadDescription
{
    public static Task Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var formats = string.Join(", ", ImageFormat.AcceptedFormats.Select(format => format.Name));
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Description = $"A form with the photo in the field `file`, or the photo itself as the body. Accepted, by content: {formats}.",
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                ["multipart/form-data"] = new() { Schema = Form(), Encoding = new Dictionary<string, OpenApiEncoding>(StringComparer.Ordinal) { ["file"] = Photo() } },
                ["application/octet-stream"] = new() { Schema = Bytes() },
            },
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
            ["webhook_url"] = new OpenApiSchema
            {
                Type = JsonSchemaType.String | JsonSchemaType.Null, Format = "uri", Description = "Where to POST the prediction once it is final.",
            },
        },
    };

    // Without it Kiota takes the form for JSON.
    private static OpenApiEncoding Photo() => new() { ContentType = string.Join(", ", ImageFormat.AcceptedFormats.Select(format => format.MediaType)) };

    private static OpenApiSchema Bytes() => new() { Type = JsonSchemaType.String, Format = "binary" };
}
