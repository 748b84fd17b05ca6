using System.Net;
using System.Text.Json;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Contract;

/// <summary>What a client calls an upload: its reference and the name of the file.</summary>
[Collection(SharedTopology.Collection)]
public sealed class Named(SharedTopology shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AReferenceAndTheFileNameComeBackAndFindThePredictionInTheList()
    {
        var topology = await shared.GetAsync();
        var reference = $"Bestellung № {Guid.NewGuid()}";
        using var accepted = await SendAsync(topology, field: reference, fileName: "ein \"süßer\" Hund.jpg");
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        var answer = await Topology.ReadAsync(accepted);
        var id = answer.GetProperty("id").GetGuid();

        foreach (var prediction in new[] { answer, await topology.FinalAsync(id) })
            Assert.Equal((reference, "ein \"süßer\" Hund.jpg"), (prediction.GetProperty("reference").GetString(), prediction.GetProperty("file_name").GetString()));
        foreach (var filter in new[] { $"reference={Uri.EscapeDataString(reference)}", $"file_name={Uri.EscapeDataString("ein \"süßer\" Hund.jpg")}" })
        {
            using var page = await topology.Api.GetAsync($"/image_predictions?limit=1&{filter}", Cancellation);
            Assert.Equal(id, (await Topology.ReadAsync(page)).GetProperty("items")[0].GetProperty("id").GetGuid());
        }
    }

    [Fact]
    public async Task AReferenceMayComeInAHeaderAndWithoutAnyThereIsNone()
    {
        var topology = await shared.GetAsync();
        using var named = await SendAsync(topology, header: "order-1077");
        Assert.Equal("order-1077", (await Topology.ReadAsync(named)).GetProperty("reference").GetString());
        using var both = await SendAsync(topology, header: "order-1077", field: "order-1077");
        Assert.Equal("order-1077", (await Topology.ReadAsync(both)).GetProperty("reference").GetString());
        using var plain = await topology.Api.PostAsync("/image_prediction", new ByteArrayContent(Photos.Jpeg(32, 24)), Cancellation);
        var prediction = await Topology.ReadAsync(plain);
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (prediction.GetProperty("reference").ValueKind, prediction.GetProperty("file_name").ValueKind));
    }

    [Fact]
    public async Task AReferenceThatIsTooLongOrGivenTwiceIsRefused()
    {
        var topology = await shared.GetAsync();
        using var longest = await SendAsync(topology, field: new('r', 200));
        Assert.Equal(HttpStatusCode.Accepted, longest.StatusCode);
        foreach (var (header, field) in new[] { (null, new string('r', 201)), (null, "two\nlines"), (new string('r', 201), null), ("one", "another") })
        {
            using var refused = await SendAsync(topology, header, field);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Contains("reference", (await Topology.ReadAsync(refused)).GetProperty("detail").GetString(), StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [InlineData("photo.jpg", "photo.jpg")]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("C:\\photos\\dog.jpg", "dog.jpg")]
    [InlineData("album/", null)]
    [InlineData("a\tb\0.jpg", "ab.jpg")]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void OfAFileNameTheLastPartIsKept(string? given, string? kept) => Assert.Equal(kept, Api.Submit.UploadNames.FileName(given));

    [Fact]
    public void AFileNameNeverHoldsHalfALetter()
    {
        Assert.Equal(new string('a', 254), Api.Submit.UploadNames.FileName(new string('a', 254) + "\U0001F436.jpg"));
        Assert.Equal("\uFFFD.jpg", Api.Submit.UploadNames.FileName("\uD83D.jpg"));
    }

    /// <summary>Posts a photo with a reference, which must be accepted; its id.</summary>
    internal static async Task<Guid> PostAsync(Topology topology, string reference)
    {
        using var accepted = await SendAsync(topology, field: reference);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        return (await Topology.ReadAsync(accepted)).GetProperty("id").GetGuid();
    }

    private static async Task<HttpResponseMessage> SendAsync(Topology topology, string? header = null, string? field = null, string fileName = "photo.jpg")
    {
        var photo = new ByteArrayContent(Photos.Jpeg(64, 48));
        photo.Headers.ContentDisposition = new("form-data") { Name = "file", FileNameStar = fileName };
        using var form = new MultipartFormDataContent { photo };
        if (field is not null)
            form.Add(new StringContent(field), "reference");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/image_prediction") { Content = form };
        if (header is not null)
            request.Headers.Add("Reference", header);
        return await topology.Api.SendAsync(request, Cancellation);
    }
}
