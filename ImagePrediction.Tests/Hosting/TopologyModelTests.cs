using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using ImagePrediction.Tests.Detection;

namespace ImagePrediction.Tests.Hosting;

/// <summary>What the AppHost describes, without starting any of it: for machines with containers, and for a deployment.</summary>
public sealed class TopologyModelTests : IDisposable
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task WithContainersRedisAndPostgresAreAspiresOwn()
    {
        await using var builder = await WithContainersAsync();

        var redis = Assert.IsType<RedisResource>(builder.Resources.Single(resource => resource.Name == "redis"));
        var postgres = Assert.IsType<PostgresServerResource>(builder.Resources.Single(resource => resource.Name == "postgres"));
        var database = Assert.IsType<PostgresDatabaseResource>(builder.Resources.Single(resource => resource.Name == "predictions"));
        Assert.Same(postgres, database.Parent);
        Assert.Equal("redis", Image(redis).Image[(Image(redis).Image.LastIndexOf('/') + 1)..]);
        Assert.Equal("postgres", Image(postgres).Image[(Image(postgres).Image.LastIndexOf('/') + 1)..]);
        // All in Redis may vanish; what Postgres stores outlives the container, in a volume of this data folder's own.
        Assert.Empty(redis.Annotations.OfType<ContainerMountAnnotation>());
        var volume = Assert.Single(postgres.Annotations.OfType<ContainerMountAnnotation>());
        Assert.Equal(ContainerMountType.Volume, volume.Type);
        await using var other = await WithContainersAsync("other");
        Assert.NotEqual(volume.Source, Assert.Single(other.Resources.Single(resource => resource.Name == "postgres").Annotations.OfType<ContainerMountAnnotation>()).Source);
    }

    [Theory]
    [InlineData("containers")]
    [InlineData("native")]
    public async Task TheServicesWaitForWhatTheyNeedAndAreToldWhereItIs(string servers)
    {
        await using var builder = await CreateAsync("data", "--SERVERS", servers, "--REPLICAS", "3");

        var (api, worker) = (Service(builder, "api"), Service(builder, "worker"));
        Assert.Equal(["predictions", "redis"], WaitsOf(api).Intersect(["redis", "predictions", "api"]).Order());
        Assert.Equal(["api", "predictions", "redis"], WaitsOf(worker).Intersect(["redis", "predictions", "api"]).Order());
        Assert.Equal((1, 3), (api.GetReplicaCount(), worker.GetReplicaCount()));
        foreach (var service in new[] { api, worker })
            Assert.Equal(["predictions", "redis"], service.Annotations.OfType<ResourceRelationshipAnnotation>()
                .Where(relation => relation.Type == "Reference").Select(relation => relation.Resource.Name).Distinct().Order());
        Assert.False(Assert.Single(api.Annotations.OfType<EndpointAnnotation>()).IsProxied);
    }

    [Fact]
    public async Task ThePublishedModelHoldsContainersAndProjectsAndNoPathOfThisMachine()
    {
        // Paths are relative to the manifest: beside the solution they name nothing above it.
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "manifest")).FullName, "manifest.json");
        await using (var publish = AppHostProcess.Start(_folder.Path, arguments: ["--publisher", "manifest", "--output-path", file]))
        {
            var (exitCode, output) = await publish.EndAsync();
            Assert.True(exitCode == 0, output);
        }

        var text = await File.ReadAllTextAsync(file, Test);
        using var manifest = JsonDocument.Parse(text);
        var types = manifest.RootElement.GetProperty("resources").EnumerateObject().ToDictionary(resource => resource.Name, resource => resource.Value.GetProperty("type").GetString()!);
        Assert.Equal(("container.v0", "container.v0", "value.v0"), (types["redis"], types["postgres"], types["predictions"]));
        Assert.Equal(("project.v0", "project.v0"), (types["api"], types["worker"]));
        foreach (var path in new[] { Repository.Root, _folder.Path, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + "/" })
            Assert.DoesNotContain(path, text, StringComparison.Ordinal);
    }

    private Task<IDistributedApplicationTestingBuilder> WithContainersAsync(string data = "data") => CreateAsync(data, "--SERVERS", "containers");

    private Task<IDistributedApplicationTestingBuilder> CreateAsync(string data, params string[] arguments) =>
        DistributedApplicationTestingBuilder.CreateAsync<Projects.ImagePrediction_AppHost>(
            ["--DATA_DIR", Path.Combine(_folder.Path, data), "--PORT", "0", .. arguments], Test);

    private static ContainerImageAnnotation Image(IResource resource) => resource.Annotations.OfType<ContainerImageAnnotation>().Single();

    private static ProjectResource Service(IDistributedApplicationTestingBuilder builder, string name) =>
        builder.Resources.OfType<ProjectResource>().Single(resource => resource.Name == name);

    private static IEnumerable<string> WaitsOf(ProjectResource resource) => resource.Annotations.OfType<WaitAnnotation>().Select(wait => wait.Resource.Name).Distinct();
}
