namespace ImagePrediction.Worker.Yolo;

/// <summary>The input that a model takes: <c>[Batch, 3, Height, Width]</c>, RGB from 0 to 1.</summary>
/// <param name="Batch">Pictures per run; 1 when the axis is dynamic. Only the first is ever filled, since batching is slower on CPUs.</param>
/// <param name="Height">Null when the axis is dynamic.</param>
/// <param name="Width">Null when the axis is dynamic.</param>
/// <param name="Size">The longer side of a dynamic input, in pixels: the size the model was trained for.</param>
/// <param name="Stride">Dynamic sides are multiples of this many pixels.</param>
/// <param name="Half">True if the values are float16, as in the official YOLOv5 releases; otherwise they are float32.</param>
public sealed record InputShape(int Batch, int? Height, int? Width, int Size, int Stride, bool Half = false)
{
    /// <summary>Number of values in the largest input.</summary>
    public int MaxLength => checked(Batch * 3 * (Height ?? Size) * (Width ?? Size));

    /// <summary>True if neither side is dynamic.</summary>
    public bool Fixed => Height is not null && Width is not null;
}
