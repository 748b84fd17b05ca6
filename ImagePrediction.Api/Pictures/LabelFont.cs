using System.Security;
using ImagePrediction.Decoding;
using NetVips;

namespace ImagePrediction.Api.Pictures;

/// <summary>The font of the labels: a file of ours, so that they look the same where no font is installed.</summary>
internal static class LabelFont
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Pictures", "Fonts");
    private static readonly Lazy<string> FontFile = new(Prepare);

    /// <summary>
    /// Points fontconfig, which libvips draws text with, at a configuration of ours: it would look for the machine's, and
    /// complain on standard error where there is none. Best called while nothing else runs, as it sets an environment variable.
    /// </summary>
    public static void EnsureReady() => _ = FontFile.Value;

    /// <summary>Draws a text in one line.</summary>
    /// <param name="text">The text; a letter that the font lacks shows as a box.</param>
    /// <param name="size">The size of the font, in pixels.</param>
    /// <returns>One band: 255 where there is ink, trimmed to the ink.</returns>
    public static Image Draw(string text, int size)
    {
        LibVips.EnsureReady();
        // libvips takes markup, and a line break for a line break.
        var plain = SecurityElement.Escape(string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)));
        return Image.Text(plain, font: $"DejaVu Sans Bold {size}", dpi: 72, fontfile: FontFile.Value);
    }

    private static string Prepare()
    {
        NativeEnvironment.Set("FONTCONFIG_FILE", Path.Combine(Folder, "fonts.conf"));
        return Path.Combine(Folder, "DejaVuSans-Bold.ttf");
    }
}
