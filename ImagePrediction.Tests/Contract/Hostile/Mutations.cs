using ImagePrediction.Tests.Detection;

namespace ImagePrediction.Tests.Contract.Hostile;

/// <summary>Small valid pictures, cut off, flipped, overwritten, shifted: the same every time, by their seeds.</summary>
internal static class Mutations
{
    private const int Width = 160, Height = 120;
    private static readonly string[] Suffixes = [".jpg", ".jpg[interlace]", ".png", ".webp", ".gif", ".tif[compression=lzw]", ".avif[effort=0]"];

    public static IEnumerable<HostileFile> All() => Suffixes.SelectMany((suffix, i) =>
    {
        var picture = TestPictures.Encode(TestPictures.Noise(Width, Height, i), Width, Height, suffix);
        return Cut(suffix, picture).Concat(Flipped(suffix, picture)).Concat(Moved(suffix, picture));
    });

    private static IEnumerable<HostileFile> Cut(string name, byte[] picture)
    {
        foreach (var length in new[] { 1, 5, 13, 30, 300, picture.Length / 3, picture.Length * 2 / 3, picture.Length - 1 })
            yield return new($"{name} cut after {length}", picture[..length]);
    }

    /// <summary>Some flips hit the header, some the pixels; more of them the further the seed goes.</summary>
    private static IEnumerable<HostileFile> Flipped(string name, byte[] picture)
    {
        for (var seed = 0; seed < 8; seed++)
        {
            var random = new Random(seed);
            var flipped = (byte[])picture.Clone();
            var reach = seed % 2 == 0 ? Math.Min(400, picture.Length) : picture.Length;
            for (var i = 0; i <= seed * seed; i++)
                flipped[random.Next(4, reach)] ^= (byte)(1 << random.Next(8));
            yield return new($"{name} with {seed * seed + 1} bits flipped, seed {seed}", flipped);
        }
    }

    private static IEnumerable<HostileFile> Moved(string name, byte[] picture)
    {
        var middle = picture.Length / 2;
        var random = new Random(1);
        var noise = new byte[picture.Length];
        random.NextBytes(noise);
        yield return new($"{name} without a piece", [.. picture[..middle], .. picture[(middle + 97)..]]);
        yield return new($"{name} with a piece twice", [.. picture[..(middle + 97)], .. picture[middle..]]);
        yield return new($"{name} with zeros", [.. picture[..middle], .. new byte[100], .. picture[(middle + 100)..]]);
        yield return new($"{name} with noise behind its first 40 bytes", [.. picture[..40], .. noise]);
        yield return new($"{name} twice", [.. picture, .. picture]);
    }
}
