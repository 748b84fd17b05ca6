namespace ImagePrediction.Tests.Detection;

/// <summary>Where tests find what lies in the repository, and what may lie beside it.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Model => Path.Combine(Root, "models", "dog-resnet18.onnx");

    /// <summary>A file or folder of <c>../shared</c>; skips the test where it is not there.</summary>
    public static string Shared(params string[] parts)
    {
        var path = Path.Combine([Root, "..", "shared", .. parts]);
        Assert.SkipUnless(Path.Exists(path), $"../shared/{string.Join('/', parts)} is not on this machine");
        return path;
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ImagePrediction.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not lie in the repository.");
        return folder.FullName;
    }
}
