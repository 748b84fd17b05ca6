using NetVips;

namespace ImagePrediction.Bench;

/// <summary>The photos to post, framed and in memory before the first POST.</summary>
internal static class PhotoSet
{
    private const int MadePhotos = 256;
    private const int MostFiles = 10_000;
    private const long MostBytes = 1L << 30;

    /// <summary>Reads every JPEG, PNG and WebP file below a folder, in the order of their names.</summary>
    /// <exception cref="FormatException">There is none, or a file is not a JPEG, PNG or WebP.</exception>
    public static Photo[] Load(string folder)
    {
        var paths = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(path => Path.GetExtension(path).ToLowerInvariant() is ".jpg" or ".jpeg" or ".png" or ".webp")
            .Order(StringComparer.Ordinal).Take(MostFiles);
        var photos = new List<Photo>();
        var bytes = 0L;
        foreach (var path in paths)
        {
            if ((bytes += new FileInfo(path).Length) > MostBytes)
                break;
            photos.Add(Photo.Frame(Path.GetFileName(path), File.ReadAllBytes(path)));
        }

        return photos.Count > 0 ? [.. photos] : throw new FormatException($"no JPEG, PNG or WebP below {folder}");
    }

    /// <summary>Generates photos of one size, the same ones in every run.</summary>
    public static Photo[] Make(int width, int height)
    {
        Cache.Max = 0;
        using var lazily = Noise(width, height, mean: 0, sigma: 5, MadePhotos);
        using var grain = lazily.CopyMemory();
        return [.. Enumerable.Range(0, MadePhotos).Select(i => Photo.Frame($"{i:D3}.jpg", Make(grain, i)))];
    }

    /// <summary>
    /// Smooth blobs of colour with a little grain: similar to a photo in bytes and decoding cost. The same grain is shifted
    /// for each, since it takes far longer to generate than all the rest.
    /// </summary>
    private static byte[] Make(Image grain, int seed)
    {
        var (width, height) = (grain.Width, grain.Height);
        using var blobs = Noise(12, 12, mean: 128, sigma: 70, seed);
        using var smooth = blobs.Resize(width / 8.0, kernel: Enums.Kernel.Cubic, vscale: height / 8.0);
        using var cropped = smooth.Crop((smooth.Width - width) / 2, (smooth.Height - height) / 2, width, height);
        using var moved = grain.Wrap(x: seed * 31 % width, y: seed * 17 % height);
        using var photo = (cropped + moved).Cast(Enums.BandFormat.Uchar).Copy(interpretation: Enums.Interpretation.Srgb);
        return photo.JpegsaveBuffer(q: 85);
    }

    private static Image Noise(int width, int height, double mean, double sigma, int seed)
    {
        using var red = Image.Gaussnoise(width, height, sigma, mean, seed * 3);
        using var green = Image.Gaussnoise(width, height, sigma, mean, (seed * 3) + 1);
        using var blue = Image.Gaussnoise(width, height, sigma, mean, (seed * 3) + 2);
        return red.Bandjoin(green, blue);
    }
}
