using ImagePrediction.Api.Access;
using ImagePrediction.Api.Read;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ImagePrediction.Api.OpenApi;

/// <summary>
/// The OpenAPI document at <c>/openapi/v1.json</c>. What routes and types declare is generated; this adds what they
/// cannot declare: keys, headers, examples, and that responses always have all their members.
/// </summary>
internal static class ApiDescription
{
    private const string KeyScheme = "key";

    private static readonly Dictionary<string, string> TagDescriptions = new(StringComparer.Ordinal)
    {
        ["Predictions"] = "Send photos, read the answers.",
        ["Access"] = "What a client may do.",
        ["Operation"] = "How the service is doing.",
    };

    public static void AddApiDescription(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOpenApi(options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_0; // best supported by client generators
            options.AddDocumentTransformer(DescribeDocument);
            options.AddOperationTransformer(DescribeOperation);
            options.AddSchemaTransformer(DescribeSchema);
        });
    }

    private static Task DescribeDocument(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        var needsKey = context.ApplicationServices.GetRequiredService<ApiKeys>().Any;
        document.Info = new()
        {
            Title = "ImagePrediction",
            Version = "1",
            Description = "Upload a photo to find out whether there is a dog in it. An accepted photo (202) is stored durably and will be answered. "
                + (needsKey ? "Requests need an API key." : "This server has no API keys: no request needs one."),
            License = new() { Name = "MIT", Url = new("https://spdx.org/licenses/MIT.html") },
        };
        document.Servers = [new() { Url = "/", Description = "This server" }];
        foreach (var tag in document.Tags ?? new HashSet<OpenApiTag>())
            tag.Description = TagDescriptions.GetValueOrDefault(tag.Name ?? "");
        SortPaths(document);
        document.Components ??= new();
        LetReferencesBeNull(document.Components.Schemas ?? new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal));
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
        document.Components.SecuritySchemes[KeyScheme] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "An API key. Scopes: " + string.Join(", ", Scopes.All) + ".",
        };
        return Task.CompletedTask;
    }

    // In this order readers see the POST first, then operations on the prediction that it created, then everything else.
    private static void SortPaths(OpenApiDocument document)
    {
        var paths = document.Paths.OrderBy(path => path.Key, StringComparer.Ordinal).ToList();
        document.Paths.Clear();
        foreach (var (path, item) in paths)
            document.Paths.Add(path, item);
    }

    // The generator emits "one of null and the reference", for which client generators create a separate type. In 3.0 a reference
    // cannot be nullable, but its target can: a type that is optional somewhere is never required elsewhere.
    private static void LetReferencesBeNull(IDictionary<string, IOpenApiSchema> schemas)
    {
        foreach (var members in schemas.Values.Select(schema => schema.Properties).OfType<IDictionary<string, IOpenApiSchema>>())
            foreach (var (name, member) in members.ToList())
                if (member.OneOf?.OfType<OpenApiSchemaReference>().SingleOrDefault() is { Reference.Id: { } id } reference)
                {
                    members[name] = reference;
                    ((OpenApiSchema)schemas[id]).Type |= JsonSchemaType.Null;
                }
    }

    private static Task DescribeOperation(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        DescribeAccess(operation, context);
        foreach (var id in operation.Parameters?.OfType<OpenApiParameter>().Where(parameter => parameter is { In: ParameterLocation.Path, Name: "id" }) ?? [])
        {
            id.Description ??= "The prediction's id.";
            id.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "uuid" };
        }
        foreach (var header in HeaderDescriptions.Of(operation.OperationId))
            (operation.Parameters ??= []).Add(header);
        return Task.CompletedTask;
    }

    private static void DescribeAccess(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var scope = context.Description.ActionDescriptor.EndpointMetadata.OfType<IAuthorizeData>().FirstOrDefault()?.Policy;
        OpenApiSecurityRequirement key = new() { [new OpenApiSecuritySchemeReference(KeyScheme, context.Document)] = [] };
        OpenApiSecurityRequirement none = [];
        var anonymous = context.ApplicationServices.GetRequiredService<AnonymousAccess>().Ticket?.Principal;
        operation.Security = scope is null || anonymous?.Has(scope) == true ? [key, none] : [key];
        if (scope is not null)
            operation.Description = $"{operation.Description} Scope: `{scope}`.".TrimStart();
    }

    private static Task DescribeSchema(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = context.JsonTypeInfo.Type;
        if (schema.Enum is { Count: > 0 })
            schema.Type ??= JsonSchemaType.String; // the converter does not declare it, and NSwag would read numbers
        if (type == typeof(ProblemDetails))
        {
            schema.Examples = [Examples.Problem];
            (schema.Properties ??= new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal))["trace_id"] =
                new OpenApiSchema { Type = JsonSchemaType.String, Description = "Finds the request in traces and logs." };
        }
        else if (schema.Properties is { Count: > 0 } members && type.Namespace?.StartsWith(nameof(ImagePrediction), StringComparison.Ordinal) == true)
            schema.Required = members.Keys.ToHashSet(StringComparer.Ordinal);
        if (type == typeof(PredictionResponse))
            schema.Examples = [Examples.Prediction];
        return Task.CompletedTask;
    }
}
