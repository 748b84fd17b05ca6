using System.Buffers.Binary;
using System.IO.Hashing;
using System.Net;
using System.Text;
using ImagePrediction.Tests.Support;

namespace ImagePrediction.Tests.Contract;

/// <summary>What the API says to good and bad uploads.</summary>
[Collection(SharedTopology.Collection)]
public sealed class Uploads(SharedTopology shared)
{
    [Fact]
    public async Task AnAcceptedPhotoSaysWhereItsAnswerWillBe()
    {
        var topology = await shared.GetAsync();
        using var response = await topology.PostAsync(Photos.Png(32, 24));

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var body = await Topology.ReadAsync(response);
        Assert.Equal("queued", body.GetProperty("status").GetString());
        Assert.Equal($"/image_prediction/{body.GetProperty("id").GetGuid()}", response.Headers.Location!.ToString());
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task AFileThatIsNoImageIsRefused() =>
        await RefusedAsync("The quick brown fox"u8.ToArray(), HttpStatusCode.UnsupportedMediaType, "unsupported-format");

    [Fact]
    public async Task AnSvgIsRefusedByName()
    {
        var detail = await RefusedAsync("<svg xmlns='http://www.w3.org/2000/svg'/>"u8.ToArray(), HttpStatusCode.UnsupportedMediaType, "unsupported-format");
        Assert.Contains("SVG", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnEmptyFileIsRefused() => await RefusedAsync([], HttpStatusCode.BadRequest, "malformed-request");

    [Fact]
    public async Task AFieldOfAnotherNameIsRefusedAndTheRightOneNamed()
    {
        var topology = await shared.GetAsync();
        using var response = await topology.PostAsync(Photos.Jpeg(32, 24), field: "image");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("'file'", (await Topology.ReadAsync(response)).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASecondFileIsRefusedAndNothingIsAccepted()
    {
        var topology = await shared.GetAsync();
        var before = await topology.CountAsync("true");
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(Photos.Jpeg(32, 24)), "file", "one.jpg" },
            { new ByteArrayContent(Photos.Jpeg(32, 24)), "file", "two.jpg" },
        };
        using var response = await topology.Api.PostAsync("/image_prediction", form, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(before, await topology.CountAsync("true"));
    }

    [Fact]
    public async Task AFormThatIsCutOffIsRefused()
    {
        var topology = await shared.GetAsync();
        using var content = new ByteArrayContent(Encoding.ASCII.GetBytes(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\r\n").Concat(Photos.Jpeg(32, 24)).ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=b");
        using var response = await topology.Api.PostAsync("/image_prediction", content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task AnUploadThatStallsIsEndedAndTold()
    {
        var answer = await RawPost.SendAsync(await shared.GetAsync(), "Content-Type: image/jpeg\r\nContent-Length: 1000\r\n", Photos.Jpeg(32, 24)[..20]);
        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Contains("/problems/too-slow", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APngThatClaimsSixtyThousandPixelsSquareIsRefused()
    {
        var detail = await RefusedAsync(PngClaiming(60_000, 60_000), HttpStatusCode.UnprocessableEntity, "too-many-pixels");
        Assert.Contains("60000 × 60000", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APictureWithoutEndInOneDirectionIsRefused()
    {
        var detail = await RefusedAsync(PngClaiming(70_000, 2), HttpStatusCode.UnprocessableEntity, "too-many-pixels");
        Assert.Contains("65535", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APictureThatItsDecoderWouldHoldWholeAndThatIsTooLargeForThatIsRefused()
    {
        var detail = await RefusedAsync(Hostile.Parts.Gif(7000, 7000, frames: 1), HttpStatusCode.UnprocessableEntity, "too-many-pixels");
        Assert.Contains("280 MB", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnImageOverTheSizeLimitIsRefused() => await RefusedAsync(
        [.. Photos.Jpeg(32, 24), .. new byte[20 << 20]], HttpStatusCode.RequestEntityTooLarge, "body-too-large");

    [Theory]
    [InlineData("image/jpeg")]
    [InlineData("application/octet-stream")]
    [InlineData("application/x-www-form-urlencoded")] // what curl --data-binary says
    [InlineData(null)]
    public async Task ThePhotoItselfMayBeTheBodyWhateverItIsSaidToBe(string? mediaType)
    {
        var topology = await shared.GetAsync();
        using var content = new ByteArrayContent(Photos.Png(32, 24));
        content.Headers.ContentType = mediaType is null ? null : new(mediaType);
        using var response = await topology.Api.PostAsync("/image_prediction", content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var id = (await Topology.ReadAsync(response)).GetProperty("id").GetGuid();
        Assert.Equal("image/png", (await topology.FinalAsync(id)).GetProperty("image").GetProperty("media_type").GetString());
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-origin", HttpStatusCode.Accepted)]
    [InlineData("Origin", "https://elsewhere.example", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "null", HttpStatusCode.Forbidden)]
    public async Task APageOfAnotherSiteCannotPost(string header, string value, HttpStatusCode expected)
    {
        var topology = await shared.GetAsync();
        using var request = new HttpRequestMessage();
        request.Headers.Add(header, value);
        using var response = await topology.PostAsync(Photos.Png(32, 24), request: request);
        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task InDevelopmentAnotherHostNameIsNotAnswered()
    {
        var topology = await shared.GetAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/image_predictions");
        request.Headers.Host = "rebound.example";
        using var response = await topology.Api.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task AnUnknownIdIsNotFound()
    {
        var topology = await shared.GetAsync();
        foreach (var id in new[] { Guid.NewGuid().ToString(), "no-uuid" })
        {
            using var response = await topology.Api.GetAsync($"/image_prediction/{id}", TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
            Assert.Equal("/problems/not-found", (await Topology.ReadAsync(response)).GetProperty("type").GetString());
        }
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/docs")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/alive")]
    [InlineData("/health")]
    public async Task ThePagesAreThere(string path)
    {
        var topology = await shared.GetAsync();
        using var response = await topology.Api.GetAsync(path, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    /// <summary>Posts, checks status and type, and that no row came of it; the problem's detail.</summary>
    private async Task<string> RefusedAsync(byte[] content, HttpStatusCode status, string type)
    {
        var topology = await shared.GetAsync();
        var before = await topology.CountAsync("true");
        using var response = await topology.PostAsync(content);
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        var problem = await Topology.ReadAsync(response);
        Assert.Equal($"/problems/{type}", problem.GetProperty("type").GetString());
        Assert.Equal(before, await topology.CountAsync("true"));
        return problem.GetProperty("detail").GetString()!;
    }

    /// <summary>A valid small PNG whose header chunk names another size, with the right checksum.</summary>
    private static byte[] PngClaiming(int width, int height)
    {
        var png = Photos.Png(8, 8);
        const int header = 12; // after the signature and the chunk's length: type, width, height, five bytes, CRC
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(header + 4), width);
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(header + 8), height);
        BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(header + 17), Crc32.HashToUInt32(png.AsSpan(header, 17)));
        return png;
    }

    [Theory]
    [InlineData("=a", "=a")]
    [InlineData("a/b", "a/b")]
    [InlineData("a=b:c/d?", "a=b:c/d?; charset=utf-8")]
    [InlineData("a b", "\"a b\"")]
    public async Task ABoundaryThatLacksItsQuotesWorksWhereItIsClear(string boundary, string written)
    {
        using var response = await PostFormAsync(boundary, $"multipart/form-data; boundary={written}");
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    [Theory]
    [InlineData("multipart/form-data; boundary=")]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/form-data; boundary=a<b")]
    [InlineData("multipart/form-data; boundary=\"a")]
    [InlineData("multipart/form-data; boundary=\"1234567890123456789012345678901234567890123456789012345678901234567890x\"")]
    [InlineData("image jpeg")]
    [InlineData("image/")]
    public async Task AContentTypeThatIsNoneIsRefusedAndNamed(string contentType)
    {
        using var response = await PostFormAsync("a", contentType);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(contentType[..Math.Min(60, contentType.Length)], (await Topology.ReadAsync(response)).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"image\":\"…\"}", "JSON")]
    [InlineData("data:image/jpeg;base64,/9j/4AAQ", "data URI")]
    [InlineData("/9j/4AAQSkZJRgABAQ", "base64")]
    [InlineData("  iVBORw0KGgoAAAANSUhEUg", "base64")]
    public async Task APictureWrappedInTextIsToldHowToComeInstead(string body, string named)
    {
        var detail = await RefusedAsync(Encoding.UTF8.GetBytes(body), HttpStatusCode.UnsupportedMediaType, "unsupported-format");
        Assert.Contains(named, detail, StringComparison.Ordinal);
        Assert.Contains("bytes of the file", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ATypeOfPictureThatIsNotShownIsRefusedWithItsName()
    {
        var detail = await RefusedAsync([.. "II*\0\b\0\0\0\u0001\0"u8, 0x12, 0xC6, 1, 0, 4, 0, 0, 0, 1, 4, 0, 0, 0, 0, 0, 0, .. new byte[600]], HttpStatusCode.UnsupportedMediaType, "unsupported-format");
        Assert.Contains("DNG", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClientsThatHangUpInTheMiddleLeaveNoTraceInTheLog()
    {
        var topology = await shared.GetAsync();
        var log = Path.Combine(topology.Data, "logs", "api.log");
        Assert.True(File.Exists(log));
        var before = File.ReadLines(log).Count();
        for (var i = 0; i < 20; i++)
        {
            using var upload = await RawPost.BeginAsync(topology, "Content-Type: image/jpeg\r\nContent-Length: 1000\r\n");
            await upload.GetStream().WriteAsync(Photos.Jpeg(32, 24).AsMemory(0, 300), TestContext.Current.CancellationToken);
            if (i % 2 == 0)
                upload.LingerState = new(enable: true, 0); // ends with a reset
        }
        await Eventually.GetAsync(() => Task.FromResult(topology.UploadsUnderWay()), under => under == 0);
        await topology.AcceptAsync(Photos.Jpeg(32, 24)); // said after what would have been said of them
        Assert.DoesNotContain(File.ReadLines(log).Skip(before), line => line.Contains("   at ", StringComparison.Ordinal)
            || line.Contains(" fail: ", StringComparison.Ordinal)
            // On a busy machine hints may be late, and Kestrel's heartbeat (22).
            || (line.Contains(" warn: ", StringComparison.Ordinal) && !line.Contains("Recoverer", StringComparison.Ordinal) && !line.Contains("Kestrel[22]", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task HeadIsAnsweredWhereverGetIs()
    {
        var topology = await shared.GetAsync();
        var id = await topology.AcceptAsync(Photos.Jpeg(64, 48));
        await topology.FinalAsync(id);
        foreach (var path in new[] { "", "/image", "/annotated", "/events", "/deliveries" })
        {
            using var get = await topology.Api.GetAsync($"/image_prediction/{id}{path}", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            using var request = new HttpRequestMessage(HttpMethod.Head, $"/image_prediction/{id}{path}");
            using var head = await topology.Api.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal((path, get.StatusCode, get.Content.Headers.ContentType?.MediaType), (path, head.StatusCode, head.Content.Headers.ContentType?.MediaType));
            Assert.Empty(await head.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        }
        using var nowhere = new HttpRequestMessage(HttpMethod.Head, $"/image_prediction/{Guid.NewGuid()}");
        using var missing = await topology.Api.SendAsync(nowhere, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    private async Task<HttpResponseMessage> PostFormAsync(string boundary, string contentType)
    {
        var topology = await shared.GetAsync();
        byte[] form = [.. Encoding.ASCII.GetBytes($"--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\r\n"), .. Photos.Jpeg(32, 24),
            .. Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n")];
        var content = new ByteArrayContent(form);
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return await topology.Api.PostAsync("/image_prediction", content, TestContext.Current.CancellationToken);
    }
}
