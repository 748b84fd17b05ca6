using NetVips;

namespace ImagePrediction.Tests.Pictures;

/// <summary>A picture to look at, pixel by pixel: where its frames and labels are.</summary>
internal sealed class Drawn
{
    private readonly byte[] _rgb;

    public Drawn(Image picture)
    {
        (Width, Height, _rgb) = (picture.Width, picture.Height, picture.WriteToMemory<byte>());
        Assert.Equal(Width * Height * 3, _rgb.Length);
    }

    public Drawn(byte[] jpeg)
        : this(Image.JpegloadBuffer(jpeg))
    {
    }

    public int Width { get; }

    public int Height { get; }

    public (int R, int G, int B) this[int x, int y] => (_rgb[3 * (y * Width + x)], _rgb[3 * (y * Width + x) + 1], _rgb[3 * (y * Width + x) + 2]);

    /// <summary>The yellow of lines and letters; what JPEG makes of it, too.</summary>
    public bool IsLight(int x, int y) => this[x, y] is { R: > 200, G: > 150, B: < 120 };

    /// <summary>The near black beside the lines and behind the letters.</summary>
    public bool IsDark(int x, int y) => this[x, y] is { R: < 70, G: < 70, B: < 70 };

    public int CountLight(int left, int top, int right, int bottom) => Count(left, top, right, bottom, IsLight);

    public int CountDark(int left, int top, int right, int bottom) => Count(left, top, right, bottom, IsDark);

    private static int Count(int left, int top, int right, int bottom, Func<int, int, bool> condition) =>
        Enumerable.Range(top, bottom - top).Sum(y => Enumerable.Range(left, right - left).Count(x => condition(x, y)));
}
