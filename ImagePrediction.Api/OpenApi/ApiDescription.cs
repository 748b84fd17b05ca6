using ImagePrediction.Api.Access;
using ImagePrediction.Api.Read;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ImagePrediction.Api.OpenApi;

/// <summary>
/// The description of the API at <c>/openapi/v1.json</c>. What the routes and types say themselves is generated; here
/// is what they cannot say: keys, headers, examples, and that answers always have all their members.
/// </summary>
internal static class ApiDescription
{
    private const string KeyScheme = "key";

    public static void AddApiDescription(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOpenApi(options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_0; // client generators know it best
            options.AddDocumentTransformer(DescribeDocument);
            options.AddOperationTransformer(DescribeOperation);
            options.AddSchemaTransformer(DescribeSchema);
        });
    }

    private static Task DescribeDocument(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new()
        {
            Title = "ImagePrediction",
            Version = "1",
            Description = "Upload a photo and be told whether there is a dog in it. What was accepted (202) is durable and will be answered.",
            License = new() { Name = "MIT" },
        };
        document.Servers?.Clear();
        document.Components ??= new();
        foreach (var schema in document.Components.Schemas?.Values ?? [])
            LetReferencesBeNull(schema.Properties);
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
        document.Components.SecuritySchemes[KeyScheme] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "An API key, where keys are configured. Scopes: " + string.Join(", ", Scopes.All) + ".",
        };
        return Task.CompletedTask;
    }

    // "One of null and that" is generated, which client generators make a type of its own of; 3.0 has a word for it.
    private static void LetReferencesBeNull(IDictionary<string, IOpenApiSchema>? members)
    {
        foreach (var (name, member) in members?.ToList() ?? [])
            if (member.OneOf?.OfType<OpenApiSchemaReference>().SingleOrDefault() is { } reference)
                members![name] = new OpenApiSchema { Type = JsonSchemaType.Object | JsonSchemaType.Null, AllOf = [reference] };
    }

    private static Task DescribeOperation(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<IAuthorizeData>().FirstOrDefault() is { } needs)
        {
            operation.Security = [new() { [new OpenApiSecuritySchemeReference(KeyScheme, context.Document)] = [] }, []];
            operation.Description = $"Scope: `{needs.Policy}`.";
        }
        foreach (var parameter in HeaderDescriptions.Of(operation.OperationId))
            (operation.Parameters ??= []).Add(parameter);
        return Task.CompletedTask;
    }

    private static Task DescribeSchema(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = context.JsonTypeInfo.Type;
        if (type == typeof(ProblemDetails))
            schema.Examples = [Examples.Problem];
        else if (schema.Properties is { Count: > 0 } members && type.Namespace?.StartsWith(nameof(ImagePrediction), StringComparison.Ordinal) == true)
            schema.Required = members.Keys.ToHashSet(StringComparer.Ordinal);
        if (type == typeof(PredictionResponse))
            schema.Examples = [Examples.Prediction];
        return Task.CompletedTask;
    }
}
