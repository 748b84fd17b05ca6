using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ImagePrediction.Api.Predictions;

/// <summary>Describes the upload form in OpenAPI; the body is streamed, so no parameter of the endpoint could.</summary>
internal static class UploadDocument
{
    public static Task Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Description = "A form with the photo in the field `file`: JPEG, PNG, WebP, GIF, TIFF or AVIF.",
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                ["multipart/form-data"] = new()
                {
                    Schema = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Object,
                        Required = new HashSet<string>(StringComparer.Ordinal) { "file" },
                        Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
                        {
                            ["file"] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" },
                            ["webhook_url"] = new OpenApiSchema
                            {
                                Type = JsonSchemaType.String, Format = "uri", Description = "Where to POST the prediction once it is final.",
                            },
                        },
                    },
                },
            },
        };
        (operation.Parameters ??= []).Add(new OpenApiParameter
        {
            Name = "Webhook-Url", In = ParameterLocation.Header, Description = "The same as the field `webhook_url`.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "uri" },
        });
        return Task.CompletedTask;
    }
}
