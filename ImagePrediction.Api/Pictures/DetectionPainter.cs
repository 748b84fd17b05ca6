using System.Globalization;
using ImagePrediction.Predictions;
using SkiaSharp;

namespace ImagePrediction.Api.Pictures;

/// <summary>
/// Draws detections into a picture, in the page's colours: frames and labels that are visible on any background, in
/// proportion to the picture, never beyond its edge, and labels that never overlap.
/// </summary>
internal sealed class DetectionPainter
{
    /// <summary>Maximum number of boxes; more would not be useful. The most confident ones are drawn.</summary>
    public const int MaxBoxes = 100;

    private const int MaxLetters = 40;
    private const float SmallestText = 8;
    private static readonly SKColor Dark = new(5, 32, 28), Light = new(94, 234, 212);
    private static readonly string FontFile = Path.Combine(AppContext.BaseDirectory, "Pictures", "Fonts", "DejaVuSans-Bold.ttf");
    private static readonly SKTypeface Typeface = SKTypeface.FromFile(FontFile) ?? throw new FileNotFoundException("The font of the labels is missing.", FontFile);

    private readonly SKCanvas _canvas;
    private readonly SKRect _picture;
    private readonly float _line; // the light line
    private readonly float _edge; // the dark one on either side of it
    private readonly List<SKRect> _labels = [];

    private DetectionPainter(SKCanvas canvas, SKRect picture)
    {
        (_canvas, _picture) = (canvas, picture);
        var side = Math.Max(picture.Width, picture.Height);
        _line = Math.Max(2, (int)side / 500);
        _edge = (int)_line / 2;
    }

    private float Frame => _line + 2 * _edge;

    /// <summary>Draws the detections into the picture.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="detections">By descending confidence, in the coordinates of the original.</param>
    /// <param name="scaleX">Pixels of the picture per pixel of the original, horizontally.</param>
    /// <param name="scaleY">The same, vertically.</param>
    public static void Draw(SKBitmap picture, IReadOnlyList<Detection> detections, double scaleX, double scaleY)
    {
        using var canvas = new SKCanvas(picture);
        var painter = new DetectionPainter(canvas, new SKRect(0, 0, picture.Width, picture.Height));
        var boxes = detections.Take(MaxBoxes).Where(found => painter.Shows(found.Box, scaleX, scaleY))
            .Select(found => (Area: painter.Around(found.Box, scaleX, scaleY), Found: found)).ToList();
        // Labels over frames, the most confident frame on top; the most confident label is placed first.
        foreach (var (area, _) in Enumerable.Reverse(boxes))
            painter.DrawFrame(area);
        foreach (var (area, found) in boxes)
            painter.DrawLabel(area, found);
    }

    /// <summary>Where to stroke the frame: the edge of the box, unless that is too close to the picture's.</summary>
    private SKRect Around(Box box, double scaleX, double scaleY)
    {
        float Across(double x) => (float)Math.Clamp(Math.Round(x * scaleX), Math.Min(Frame / 2, _picture.Width / 2), Math.Max(_picture.Width - Frame / 2, _picture.Width / 2));
        float Down(double y) => (float)Math.Clamp(Math.Round(y * scaleY), Math.Min(Frame / 2, _picture.Height / 2), Math.Max(_picture.Height - Frame / 2, _picture.Height / 2));
        return new(Across(box.X), Down(box.Y), Across(box.X + box.Width), Down(box.Y + box.Height));
    }

    private bool Shows(Box box, double scaleX, double scaleY) =>
        box.X * scaleX < _picture.Width && box.Y * scaleY < _picture.Height && (box.X + box.Width) * scaleX > 0 && (box.Y + box.Height) * scaleY > 0;

    private void DrawFrame(SKRect area)
    {
        using var paint = new SKPaint { IsAntialias = true, Style = SKPaintStyle.Stroke, StrokeJoin = SKStrokeJoin.Miter, Color = Dark, StrokeWidth = Frame };
        if (area.Width < 1 || area.Height < 1)
        {
            // Skia strokes nothing for a degenerate rectangle.
            (paint.Color, paint.Style) = (Light, SKPaintStyle.Fill);
            area.Inflate(Frame / 2, Frame / 2);
        }
        _canvas.DrawRect(area, paint);
        (paint.Color, paint.StrokeWidth) = (Light, _line);
        _canvas.DrawRect(area, paint);
    }

    private void DrawLabel(SKRect area, Detection found)
    {
        var label = found.Label.Length <= MaxLetters ? found.Label : found.Label[..(MaxLetters - 1)] + "…";
        var text = string.Create(CultureInfo.InvariantCulture, $"{string.Concat(label.Select(c => char.IsControl(c) ? ' ' : c))} {found.Confidence:0.00}");
        using var font = new SKFont(Typeface, Math.Clamp((int)Math.Max(_picture.Width, _picture.Height) / 50, 11, 32)) { Edging = SKFontEdging.Antialias };
        for (; font.Size >= SmallestText; font.Size = MathF.Floor(font.Size * 0.9f))
        {
            var padding = MathF.Max(2, MathF.Floor(font.Size / 4));
            float width = MathF.Ceiling(font.MeasureText(text) + 2 * padding), height = MathF.Ceiling(font.Metrics.CapHeight + 2.4f * padding);
            if (width > _picture.Width || height > _picture.Height)
                continue;
            if (PlaceFor(area, width, height) is { } plate)
            {
                using var paint = new SKPaint { IsAntialias = true, Color = Dark };
                _canvas.DrawRoundRect(plate, padding / 2, padding / 2, paint);
                paint.Color = SKColors.White;
                _canvas.DrawText(text, plate.Left + padding, plate.MidY + font.Metrics.CapHeight / 2, SKTextAlign.Left, font, paint);
                _labels.Add(plate);
            }
            return;
        }
    }

    /// <summary>
    /// The first free place for a label: above the box, below it, or within it from top to bottom; within it first if there is
    /// no room above. Null if there is none.
    /// </summary>
    private SKRect? PlaceFor(SKRect area, float width, float height)
    {
        var left = Math.Clamp(area.Left - Frame / 2, 0, _picture.Width - width);
        float above = area.Top - Frame / 2 - height, below = area.Bottom + Frame / 2;
        List<float> within = [area.Top + Frame / 2];
        while (within[^1] + 2 * height + 1 <= area.Bottom - Frame / 2)
            within.Add(within[^1] + height + 1);
        List<float> tops = above >= 0 ? [above, below, .. within] : [.. within, below];
        foreach (var top in tops)
        {
            var plate = SKRect.Create(left, Math.Clamp(top, 0, _picture.Height - height), width, height);
            if (!_labels.Exists(plate.IntersectsWith))
                return plate;
        }
        return null;
    }
}
