using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using ImagePrediction.Api.Errors;
using ImagePrediction.Tests.Contract.Hostile;
using ImagePrediction.Tests.Support;
using ErrorCodes = ImagePrediction.Predictions.ErrorCodes;

namespace ImagePrediction.Tests.Contract;

/// <summary>
/// Hundreds of uploads that no honest client would send, the same ones every time. Each gets a proper answer: a problem, or
/// a prediction that succeeds or fails with a code. No process dies of them, none hangs, none takes more than its memory.
/// </summary>
[Collection(SharedTopology.Collection)]
public sealed class HostileUploads(SharedTopology shared)
{
    private const long MostMemory = 512; // MiB
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MutatedPicturesAreAnsweredOrFailWithACode() => await SurvivesAsync([.. Mutations.All()]);

    [Fact]
    public async Task PicturesWithWrongLengthsAndPolyglotsAreAnsweredOrFailWithACode() =>
        await SurvivesAsync([.. WrongLengths.All(), .. Polyglots.All()]);

    [Fact]
    public async Task DecompressionBombsTakeNeitherMemoryNorWorkers() => await SurvivesAsync([.. Bombs.All()]);

    [Fact]
    public async Task DrawingTheHeaviestPicturesTakesNoMoreMemoryThanTheApiMay()
    {
        var topology = await shared.GetAsync();
        await SurvivesAsync([.. Bombs.All().Where(bomb => Bombs.Heaviest.Contains(bomb.Name))], async bomb =>
        {
            var id = await topology.AcceptAsync(bomb.Bytes);
            Assert.Equal("succeeded", (await topology.FinalAsync(id, Within)).GetProperty("status").GetString());
            using var drawn = await topology.Api.GetAsync($"/image_prediction/{id}/annotated", Test);
            Assert.Equal((bomb.Name, HttpStatusCode.OK), (bomb.Name, drawn.StatusCode));
            return null;
        });
    }

    [Fact]
    public async Task OddRequestsGetAProblemOrAPrediction()
    {
        var topology = await shared.GetAsync();
        var server = topology.Api.BaseAddress!;
        await SurvivesAsync([.. Requests.All()], async request =>
        {
            var answer = await Wire.SendAsync(server, request.Bytes, hangUp: !request.IsWhole, Test);
            // What is not HTTP is refused by the server itself, which has no words for it.
            return (!request.IsHttp && answer is { Status: >= 400 and < 500, Body: null }) || (!request.IsWhole && answer.Status == 0) ? null : answer;
        });
    }

    [Fact]
    public void ThereAreHundredsOfThemEachOfItsOwnName()
    {
        string[] names = [.. Mutations.All().Concat(WrongLengths.All()).Concat(Polyglots.All()).Concat(Bombs.All()).Select(file => file.Name),
            .. Requests.All().Select(request => request.Name)];
        Assert.Equal(names.Length, names.Distinct(StringComparer.Ordinal).Count());
        Assert.InRange(names.Length, 300, 1000);
    }

    private async Task SurvivesAsync(IReadOnlyList<HostileFile> files)
    {
        var topology = await shared.GetAsync();
        await SurvivesAsync(files, async file =>
        {
            using var response = await topology.PostAsync(file.Bytes);
            return new Answer((int)response.StatusCode, await Topology.ReadAsync(response));
        });
    }

    private async Task SurvivesAsync<T>(IReadOnlyList<T> uploads, Func<T, Task<Answer?>> sendAsync)
        where T : notnull
    {
        var topology = await shared.GetAsync();
        var processes = await Processes.OfAsync(topology);
        processes.ResetPeaks();

        var accepted = new ConcurrentDictionary<Guid, string>();
        var wrong = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(uploads, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Test }, async (upload, _) =>
        {
            if (await sendAsync(upload) is not { } answer)
                return;
            if (answer.Status == (int)HttpStatusCode.Accepted)
                accepted[Guid.Parse(answer["id"]!)] = upload.ToString()!;
            else if (!IsProblem(answer))
                wrong.Add($"{upload} was answered {answer.Status} {answer.Body}");
        });
        foreach (var (id, name) in accepted)
            if (await EndAsync(topology, id) is var (status, code) && status != "succeeded" && code is not (ErrorCodes.ImageCorrupt or ErrorCodes.ImageTooLarge))
                wrong.Add($"{name} ended as {status}, {code}");
        foreach (var (process, peak) in processes.Peaks())
            if (peak >= MostMemory)
                wrong.Add($"{process} took {peak} MiB");

        Assert.Empty(wrong);
        Assert.Equal(0, await topology.CountAsync("id = ANY($1) AND losses > 0", accepted.Keys.ToArray()));
        Assert.Equal(processes.Names.Keys.Order(), (await Processes.OfAsync(topology)).Names.Keys.Order());
    }

    private static bool IsProblem(Answer answer) => answer["detail"] is { Length: > 0 }
        && ProblemType.All.Any(type => type.Status == answer.Status && type.Status is >= 400 and < 500 && $"/problems/{type.Name}" == answer["type"]);

    private static async Task<(string Status, string? Code)> EndAsync(Topology topology, Guid id)
    {
        var prediction = await topology.FinalAsync(id, Within);
        return (prediction.GetProperty("status").GetString()!,
            prediction.GetProperty("error") is { ValueKind: JsonValueKind.Object } error ? error.GetProperty("code").GetString() : null);
    }
}
