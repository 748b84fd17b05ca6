using ImagePrediction.Tests.Detection;
using SkiaSharp;

namespace ImagePrediction.Tests.Pictures;

/// <summary>A picture to look at, pixel by pixel: where its frames and labels are.</summary>
internal sealed class Drawn
{
    private readonly byte[] _rgb;

    public Drawn(SKBitmap picture) => (Width, Height, _rgb) = (picture.Width, picture.Height, TestPictures.Rgb(picture.GetPixelSpan()));

    public Drawn(byte[] jpeg)
    {
        using var picture = SKBitmap.Decode(jpeg);
        using var decoded = picture.Copy(SKColorType.Rgba8888);
        (Width, Height, _rgb) = (decoded.Width, decoded.Height, TestPictures.Rgb(decoded.GetPixelSpan()));
    }

    public int Width { get; }

    public int Height { get; }

    public (int R, int G, int B) this[int x, int y] => (_rgb[3 * (y * Width + x)], _rgb[3 * (y * Width + x) + 1], _rgb[3 * (y * Width + x) + 2]);

    /// <summary>The turquoise of lines; what JPEG makes of it, too.</summary>
    public bool IsLight(int x, int y) => this[x, y] is { R: < 160, G: > 190, B: > 170 };

    /// <summary>The near black beside the lines and behind the letters.</summary>
    public bool IsDark(int x, int y) => this[x, y] is { R: < 70, G: < 70, B: < 70 };

    /// <summary>The white of letters.</summary>
    public bool IsLetter(int x, int y) => this[x, y] is { R: > 200, G: > 200, B: > 200 };

    public int CountLetters(int left, int top, int right, int bottom) => Count(left, top, right, bottom, IsLetter);

    public int CountLight(int left, int top, int right, int bottom) => Count(left, top, right, bottom, IsLight);

    public int CountDark(int left, int top, int right, int bottom) => Count(left, top, right, bottom, IsDark);

    private static int Count(int left, int top, int right, int bottom, Func<int, int, bool> condition) =>
        Enumerable.Range(top, bottom - top).Sum(y => Enumerable.Range(left, right - left).Count(x => condition(x, y)));
}
