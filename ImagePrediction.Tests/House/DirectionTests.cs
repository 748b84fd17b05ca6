using System.Text.RegularExpressions;
using ImagePrediction.Tests.Detection;

namespace ImagePrediction.Tests.House;

/// <summary>The folders of a project depend on each other in one direction: what is further down in these lists may use what is above.</summary>
public sealed class DirectionTests
{
    private static readonly string[] Core = ["Predictions", "Decoding", "Images", "Database", "Flow"];
    private static readonly string[] Api = ["Errors", "Access", "Upkeep", "Queue", "Read", "Change", "Pictures", "Outbound", "Webhooks", "Submit", "Operations", "OpenApi", "Health"];
    private static readonly string[] Worker = ["Yolo", "Tasks"];

    public static TheoryData<string> Sources => [.. SourceFiles.Of("Core", "Api", "Worker")];

    [Theory]
    [MemberData(nameof(Sources))]
    public void AFileUsesOnlyWhatIsAboveItsFolder(string file)
    {
        var parts = file.Split('/');
        if (parts.Length < 3)
            return; // registers, or is registered: above all folders
        var (project, folder) = (parts[0], parts[1]);
        var (order, prefix) = project switch
        {
            "ImagePrediction.Core" => (Core, "ImagePrediction."),
            "ImagePrediction.Api" => (Api, "ImagePrediction.Api."),
            _ => (Worker, "ImagePrediction.Worker."),
        };
        var own = Array.IndexOf(order, folder);
        Assert.True(own >= 0, $"The folder {folder} is not in the list of {project}.");
        // By a using, an alias, or from a neighbour by the folder's name alone, as in Access.Scopes.Read.
        var used = Regex.Matches(File.ReadAllText(Path.Combine(Repository.Root, file)),
                $@"^using (static )?(\w+ = )?{Regex.Escape(prefix)}(?<folder>\w+)|(?<![\w.""/])(?<folder>{string.Join('|', order)})\.[A-Z]\w*",
                RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))
            .Select(match => match.Groups["folder"].Value);
        Assert.All(used, folderUsed => Assert.InRange(Array.IndexOf(order, folderUsed), 0, own));
    }
}
