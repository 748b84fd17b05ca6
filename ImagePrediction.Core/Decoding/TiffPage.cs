using System.Runtime.InteropServices;

namespace ImagePrediction.Decoding;

/// <summary>Selects one of the pictures in a TIFF file.</summary>
/// <param name="Page">Index of its top-level directory.</param>
/// <param name="SubDirectory">Index of the subdirectory below that one; -1 for the directory itself.</param>
/// <param name="Directory">Offset of its directory; 0 if the file has none.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TiffPage(int Page, int SubDirectory, long Directory)
{
    private const int MaxPages = 100;
    private const ushort NewSubfileType = 254, SubfileType = 255, BitsPerSample = 258, Photometric = 262, SubDirectories = 330, SampleFormat = 339, DngVersion = 50706;
    private const int Lab = 8, Cfa = 32803, LinearRaw = 34892;

    /// <summary>The first picture that is not a smaller version of another, such as a thumbnail; the very first if all are.</summary>
    public static TiffPage Of(TiffReader tiff)
    {
        foreach (var page in All(tiff))
            if ((tiff.Integer(page.Directory, NewSubfileType) & 1) != 1 && tiff.Integer(page.Directory, SubfileType) != 2)
                return page;
        return new(0, -1, tiff.First);
    }

    /// <summary>Why the file cannot be displayed, and what to do instead, as a clause; null if it can.</summary>
    public static string? Unsupported(TiffReader tiff)
    {
        // Everything but the thumbnails in a camera's raw file needs a raw converter.
        if (tiff.Integer(tiff.First, DngVersion) is not null)
            return $"DNG: {ImageFormat.CameraRaw.Advice}";
        foreach (var page in All(tiff))
            if (tiff.Integer(page.Directory, Photometric) is Cfa or LinearRaw)
                return $"{ImageFormat.CameraRaw.Name}: {ImageFormat.CameraRaw.Advice}";
        var (_, _, directory) = Of(tiff);
        if (tiff.Integer(directory, Photometric) == Lab)
            return null; // its values mean the same in every sample format
        var bits = tiff.Integer(directory, BitsPerSample) ?? 1;
        var kind = tiff.Integer(directory, SampleFormat) switch { null or 1 or 4 => "", 2 => " signed", 3 => " float", _ => " complex" };
        return bits <= 16 && kind.Length == 0 ? null : $"TIFF with{kind} samples of {bits} bits: save it with 8 or 16 bits a channel";
    }

    /// <summary>The top-level directories, followed by the subdirectories of each.</summary>
    private static List<TiffPage> All(TiffReader tiff)
    {
        List<TiffPage> pages = [];
        for (var at = tiff.First; at > 0 && pages.Count < MaxPages; at = tiff.Next(at))
            pages.Add(new(pages.Count, -1, at));
        foreach (var page in pages.ToArray())
            for (var i = 0; i < MaxPages && pages.Count < 2 * MaxPages && tiff.Integer(page.Directory, SubDirectories, i) is { } at and > 0; i++)
                pages.Add(page with { SubDirectory = i, Directory = at });
        return pages;
    }
}
