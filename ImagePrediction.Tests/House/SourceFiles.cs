using ImagePrediction.Tests.Detection;

namespace ImagePrediction.Tests.House;

/// <summary>The source files of the product.</summary>
internal static class SourceFiles
{
    /// <summary>Those of some projects, as paths from the root of the repository, without what is generated.</summary>
    public static IEnumerable<string> Of(params string[] projects) => projects
        .SelectMany(project => Directory.EnumerateFiles(Path.Combine(Repository.Root, $"ImagePrediction.{project}"), "*.cs", SearchOption.AllDirectories))
        .Select(file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'))
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal) && !file.Contains("/Migrations/", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal);
}
