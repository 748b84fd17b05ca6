using System.Globalization;
using ImagePrediction.Decoding;
using ImagePrediction.Predictions;
using ImagePrediction.Worker.Yolo;

namespace ImagePrediction.Tests.Detection;

public sealed class DetectorTests : IDisposable
{
    private readonly Detector detector = Detector.Load(new DetectorOptions { Threads = 2 });
    private readonly string folder = Directory.CreateTempSubdirectory("detector-").FullName;

    public void Dispose()
    {
        detector.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void APictureWithoutAnythingHasNoDog()
    {
        using var image = Prepare(detector, TestPictures.Encode(TestPictures.Ramp(500, 400), 500, 400, ".jpg"));
        Assert.Equal((500, 400, 224, 192), (image.Width, image.Height, image.Letterbox.InputWidth, image.Letterbox.InputHeight));
        var result = detector.Detect(image, RunOn.Lane);
        Assert.False(result.ContainsDog);
        Assert.InRange(result.Confidence, 0, detector.Model.Threshold);
        Assert.Empty(result.Detections);
        Assert.True(result.InferenceTime > TimeSpan.Zero);
    }

    [Fact]
    public void InputEqualsTheReferenceToTheLastBit()
    {
        var rgb = TestPictures.Noise(333, 217, 8);
        using var image = Prepare(detector, TestPictures.Encode(rgb, 333, 217, ".png"));
        Assert.Equal(NaiveReference.Letterbox(rgb, image.Letterbox), image.Input.ToArray());
    }

    [Fact]
    public void WhatStaysBelowTheThresholdIsToldApartFromWhatCounts()
    {
        // Rows of six: x, y, width, height, objectness, dog. White is 1, so each pixel's grey is a score.
        var path = Path.Combine(folder, "below.onnx");
        OnnxFile.Write(path, [1, 3, 32, 32], [1, -1, 6], ("names", "['dog']"), ("imgsz", "32"), ("threshold", "0.5"));
        using var own = Detector.Load(new DetectorOptions { Path = path, Threshold = 0.5 });
        for (var grey = 0; grey < 256; grey++)
        {
            using var image = Prepare(own, TestPictures.Encode([.. Enumerable.Repeat((byte)grey, 32 * 32 * 3)], 32, 32, ".png"));
            var answer = own.Detect(image, RunOn.Lane);
            var score = grey / 255.0 * (grey / 255.0);
            Assert.Equal((grey, score >= 0.5 ? 1 : 0), (grey, answer.Detections.Count));
            Assert.Equal((grey, score is >= 0.05 and < 0.5 ? 1 : 0), (grey, answer.BelowThreshold.Count));
            Assert.Equal(score >= 0.5, answer.ContainsDog);
        }
    }

    [Fact]
    public void RefusedPicturesThrowAndLeaveTheDetectorUsable()
    {
        var encoded = TestPictures.Encode(TestPictures.Noise(300, 200, 5), 300, 200, ".jpg");
        Assert.Equal(ErrorCodes.ImageCorrupt, Assert.Throws<ImageFaultException>(() => Prepare(detector, encoded[..(encoded.Length / 2)])).Code);
        Assert.Equal(ErrorCodes.ImageTooLarge, Assert.Throws<ImageFaultException>(() => Prepare(detector, ImageDecoderTests.HugePng())).Code);
        Assert.Throws<OperationCanceledException>(() => detector.Prepare(encoded, new CancellationToken(canceled: true)));
        Prepare(detector, encoded).Dispose();
    }

    [Fact]
    public void ABufferGivenBackIsNoLongerReadable()
    {
        var image = Prepare(detector, TestPictures.Encode(TestPictures.Ramp(40, 40), 40, 40, ".png"));
        image.Dispose();
        image.Dispose();
        Assert.Throws<ObjectDisposedException>(() => image.Input.Length);
        Assert.Throws<ObjectDisposedException>(() => detector.Detect(image, RunOn.Lane));
    }

    [Fact]
    public void ThePixelLimitIsTheOptions()
    {
        using var strict = Detector.Load(new DetectorOptions { MaxPixels = 100, Threads = 1 });
        Prepare(strict, TestPictures.Encode(TestPictures.Ramp(10, 10), 10, 10, ".png")).Dispose();
        var fault = Assert.Throws<ImageFaultException>(() => Prepare(strict, TestPictures.Encode(TestPictures.Ramp(11, 10), 11, 10, ".png")));
        Assert.Equal(ErrorCodes.ImageTooLarge, fault.Code);
    }

    [Theory]
    [InlineData(new long[] { -1, 3, -1, -1 })]
    [InlineData(new long[] { 1, 3, 64, 64 })]
    [InlineData(new long[] { -1, 3, 64, 64 })]
    [InlineData(new long[] { 1, 3, 64, -1 })]
    public void OutputOfAnyInputFormIsRead(long[] input)
    {
        // This model's rows are the picture's own numbers: white gives rows (1, 1, 1, 1, 1, 1), a dog of one pixel.
        var path = Path.Combine(folder, "own.onnx");
        OnnxFile.Write(path, input, [1, -1, 6], ("names", "['dog']"), ("imgsz", "64"));
        using var own = Detector.Load(new DetectorOptions { Path = path });
        using var white = Prepare(own, TestPictures.Encode([.. Enumerable.Repeat((byte)255, 64 * 64 * 3)], 64, 64, ".png"));
        foreach (var mode in new[] { RunOn.Lane, RunOn.Solo })
        {
            var result = own.Detect(white, mode);
            Assert.Equal((true, 1.0), (result.ContainsDog, result.Confidence));
            Assert.Equal([new("dog", 1, new Box(0.5, 0.5, 1, 1))], result.Detections);
        }
    }

    [Theory]
    [InlineData(new long[] { 1, 3, 64, 64 })]
    [InlineData(new long[] { -1, 3, -1, -1 })]
    public void AModelInHalfPrecisionGetsTheSamePictureAndIsReadAlike(long[] input)
    {
        float[] Rows(bool half)
        {
            var path = Path.Combine(folder, $"{half}.onnx");
            OnnxFile.Write(path, input, [1, -1, 6], half, ("names", "['dog']"), ("imgsz", "64"));
            using var own = Detector.Load(new DetectorOptions { Path = path });
            using (var first = Prepare(own, TestPictures.Encode(TestPictures.Ramp(64, 64), 64, 64, ".png"))) // leaves its buffer to the next
                own.Detect(first, RunOn.Lane);
            using var image = Prepare(own, TestPictures.Encode(TestPictures.Noise(64, 64, 3), 64, 64, ".png"));
            Assert.Equal(half, own.Model.Input.Half);
            return own.Run(image);
        }
        var (single, half) = (Rows(false), Rows(true));
        Assert.Equal(single.Length, half.Length);
        Assert.All(single.Zip(half), pair => Assert.Equal(pair.First, pair.Second, 0.0005));
    }

    [Fact]
    public void AFixedBatchIsFilledOnlyInItsFirstPlace()
    {
        var path = Path.Combine(folder, "batch.onnx");
        OnnxFile.Write(path, [2, 3, 32, 32], [2, 512, 6], ("names", "['dog']"));
        using var own = Detector.Load(new DetectorOptions { Path = path });
        using var white = Prepare(own, TestPictures.Encode([.. Enumerable.Repeat((byte)255, 32 * 32 * 3)], 32, 32, ".png"));
        Assert.Equal(1, own.Detect(white, RunOn.Lane).Confidence);
    }

    [Fact]
    public void PhotosGiveWhatTheNaiveReferenceGives()
    {
        var threshold = detector.Model.Threshold;
        foreach (var (file, _, _) in Photos(40))
        {
            var encoded = File.ReadAllBytes(file);
            using var image = Prepare(detector, encoded);
            var (_, _, rgb) = TestPictures.Decode(encoded);
            Assert.Equal(NaiveReference.Letterbox(rgb, image.Letterbox), image.Input.ToArray());

            var lane = detector.Detect(image, RunOn.Lane);
            var expected = NaiveReference.Detect(detector.Run(image), detector.Model.Labels.Count, threshold, image.Letterbox);
            Assert.Equal(expected.Count, lane.Detections.Count);
            foreach (var (want, got) in expected.Zip(lane.Detections))
            {
                Assert.Equal(detector.Model.Labels[want.Label], got.Label);
                Assert.Equal(want.Score, got.Confidence, 1e-4);
                Assert.Equal(want.Corners[0], got.Box.X, 0.05);
                Assert.Equal(want.Corners[1], got.Box.Y, 0.05);
                Assert.Equal(want.Corners[2], got.Box.X + got.Box.Width, 0.05);
                Assert.Equal(want.Corners[3], got.Box.Y + got.Box.Height, 0.05);
            }
            Assert.Equal(lane.Confidence, detector.Detect(image, RunOn.Solo).Confidence, 1e-4);
        }
    }

    [Fact]
    public void LanesAtOnceGiveWhatOneGives()
    {
        var photos = Photos(24).Select(p => File.ReadAllBytes(p.File)).ToList();
        double Score(byte[] photo)
        {
            using var image = Prepare(detector, photo);
            return detector.Detect(image, RunOn.Lane).Confidence;
        }
        var alone = photos.ConvertAll(Score);
        for (var round = 0; round < 3; round++)
            Assert.Equal(alone, photos.AsParallel().AsOrdered().WithDegreeOfParallelism(4).Select(Score).ToList());
    }

    [Fact]
    public void TheShippedModelSaysWhatItSaidAtItsRelease()
    {
        var differing = Photos(200).AsParallel().WithDegreeOfParallelism(2).Select(photo =>
        {
            using var image = Prepare(detector, File.ReadAllBytes(photo.File));
            var result = detector.Detect(image, RunOn.Lane);
            Assert.Equal(photo.Score, result.Confidence, 0.02);
            return result.ContainsDog != photo.ContainsDog;
        }).Count(differs => differs);
        Assert.InRange(differing, 0, 1);
    }

    private static PreparedImage Prepare(Detector detector, byte[] encoded) =>
        detector.Prepare(encoded, TestContext.Current.CancellationToken);

    /// <summary>The first photos of the validation part, with the score and the verdict that training/evaluate.py recorded.</summary>
    private static List<(string File, double Score, bool ContainsDog)> Photos(int count)
    {
        var lines = File.ReadAllLines(Path.ChangeExtension(Repository.Model, ".scores.tsv"));
        Assert.Equal(200, lines.Length);
        return [.. lines.Take(count).Select(line => line.Split('\t')).Select(parts =>
            (Repository.Shared("dogs", parts[0]), double.Parse(parts[1], CultureInfo.InvariantCulture), parts[2] == "dog"))];
    }
}
