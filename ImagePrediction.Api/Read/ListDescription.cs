using ImagePrediction.Predictions;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ImagePrediction.Api.Read;

/// <summary>Types of the list's parameters: the endpoint takes them as text, to reject invalid ones with its own messages.</summary>
internal static class ListDescription
{
    public static Task Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
            parameter.Schema = parameter.Name switch
            {
                "status" => new OpenApiSchemaReference(nameof(PredictionStatus), context.Document),
                "contains_dog" => new OpenApiSchema { Type = JsonSchemaType.Boolean },
                "limit" => new OpenApiSchema
                {
                    Type = JsonSchemaType.Integer, Format = "int32", Minimum = "1", Maximum = $"{ReadApi.MaxLimit}", Default = ReadApi.DefaultLimit,
                },
                _ => parameter.Schema,
            };
        return Task.CompletedTask;
    }
}
