namespace ImagePrediction.Worker.Yolo;

/// <summary>The input that a model takes: <c>[Batch, 3, Height, Width]</c>, RGB from 0 to 1.</summary>
/// <param name="Batch">Pictures a run; 1 when the axis is dynamic. Only the first place is ever filled: batching loses on CPUs.</param>
/// <param name="Height">Null when the axis is dynamic.</param>
/// <param name="Width">Null when the axis is dynamic.</param>
/// <param name="Size">The longer side of a dynamic input, in pixels: the size the model was trained for.</param>
/// <param name="Stride">Dynamic sides are multiples of this many pixels.</param>
/// <param name="Half">True if its numbers are float16, as those of the official YOLOv5 releases are; float32 otherwise.</param>
public sealed record InputShape(int Batch, int? Height, int? Width, int Size, int Stride, bool Half = false)
{
    /// <summary>How many numbers the largest input holds.</summary>
    public int MaxLength => checked(Batch * 3 * (Height ?? Size) * (Width ?? Size));

    /// <summary>True if neither side is dynamic.</summary>
    public bool Fixed => Height is not null && Width is not null;
}
