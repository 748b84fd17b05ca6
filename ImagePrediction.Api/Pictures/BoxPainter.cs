using System.Globalization;
using System.Runtime.InteropServices;
using ImagePrediction.Predictions;
using NetVips;

namespace ImagePrediction.Api.Pictures;

/// <summary>
/// Draws what was found into a picture: frames and labels that can be seen on any background, in proportion to the
/// picture, and never beyond its edge.
/// </summary>
internal sealed class BoxPainter
{
    /// <summary>More boxes than this are no help to anybody; the most confident ones are drawn.</summary>
    public const int MaxBoxes = 100;

    private const int MaxLetters = 40;
    private const int SmallestText = 8;
    private static readonly double[] Dark = [16, 18, 22];
    private static readonly double[] Light = [255, 214, 10];

    private readonly MutableImage _picture;
    private readonly int _line; // the light line
    private readonly int _edge; // the dark one on either side of it
    private readonly int _text;

    private BoxPainter(MutableImage picture)
    {
        _picture = picture;
        var side = Math.Max(picture.Width, picture.Height);
        _line = Math.Max(2, side / 500);
        _edge = _line / 2;
        _text = Math.Clamp(side / 50, 11, 32);
    }

    private int Frame => _line + 2 * _edge;

    /// <summary>Draws into a copy of the picture, all of it in memory.</summary>
    /// <param name="picture">Three bands of 8 bits.</param>
    /// <param name="detections">In the order of falling confidence, in the coordinates of the original.</param>
    /// <param name="scaleX">Pixels of the picture for one pixel of the original, across.</param>
    /// <param name="scaleY">The same, down.</param>
    public static Image Draw(Image picture, IReadOnlyList<Detection> detections, double scaleX, double scaleY) => picture.Mutate(canvas =>
    {
        var painter = new BoxPainter(canvas);
        // Labels over frames, and the best of each on top.
        var boxes = detections.Take(MaxBoxes).Reverse().Select(found => (Area: painter.Around(found.Box, scaleX, scaleY), found)).ToList();
        foreach (var (area, _) in boxes)
            painter.DrawFrame(area);
        foreach (var (area, found) in boxes)
            painter.DrawLabel(area, found);
    });

    /// <summary>The frame's outer edge: the middle of its line is the edge of the box, unless that is too near to the picture's.</summary>
    private Area Around(Box box, double scaleX, double scaleY) => new Area(
        (int)Math.Round(box.X * scaleX - Frame / 2.0), (int)Math.Round(box.Y * scaleY - Frame / 2.0),
        (int)Math.Round((box.X + box.Width) * scaleX + Frame / 2.0), (int)Math.Round((box.Y + box.Height) * scaleY + Frame / 2.0))
        .Within(_picture.Width, _picture.Height);

    private void DrawFrame(Area area)
    {
        Ring(Dark, area, Frame);
        Ring(Light, area.Inset(_edge), _line);
    }

    private void DrawLabel(Area area, Detection found)
    {
        var label = found.Label.Length <= MaxLetters ? found.Label : found.Label[..(MaxLetters - 1)] + "…";
        var text = string.Create(CultureInfo.InvariantCulture, $"{label} {found.Confidence:0.00}");
        for (var size = _text; size >= SmallestText;)
        {
            using var mask = LabelFont.Draw(text, size);
            var padding = Math.Max(2, size / 4);
            int width = mask.Width + 2 * padding, height = mask.Height + 2 * padding;
            if (width <= _picture.Width && height <= _picture.Height)
            {
                var left = Math.Min(area.Left, _picture.Width - width);
                var top = Math.Min(area.Top >= height ? area.Top - height : area.Top + Frame, _picture.Height - height);
                Fill(Dark, new(left, top, left + width, top + height));
                _picture.DrawMask(Light, mask, left + padding, top + padding);
                return;
            }
            size = Math.Min(size - 1, size * _picture.Width / width);
        }
    }

    private void Ring(double[] ink, Area area, int thickness)
    {
        Fill(ink, area with { Bottom = Math.Min(area.Top + thickness, area.Bottom) });
        Fill(ink, area with { Top = Math.Max(area.Bottom - thickness, area.Top) });
        Fill(ink, area with { Right = Math.Min(area.Left + thickness, area.Right) });
        Fill(ink, area with { Left = Math.Max(area.Right - thickness, area.Left) });
    }

    private void Fill(double[] ink, Area area)
    {
        if (area.Right > area.Left && area.Bottom > area.Top)
            _picture.DrawRect(ink, area.Left, area.Top, area.Right - area.Left, area.Bottom - area.Top, fill: true);
    }

    /// <summary>Pixels from left and top to before right and bottom.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Area(int Left, int Top, int Right, int Bottom)
    {
        public Area Within(int width, int height) =>
            new(Math.Clamp(Left, 0, width), Math.Clamp(Top, 0, height), Math.Clamp(Right, 0, width), Math.Clamp(Bottom, 0, height));

        public Area Inset(int by) => new(Left + by, Top + by, Right - by, Bottom - by);
    }
}
