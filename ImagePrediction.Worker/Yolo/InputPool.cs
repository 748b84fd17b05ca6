using System.Collections.Concurrent;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace ImagePrediction.Worker.Yolo;

/// <summary>
/// The buffers for one picture: the pinned tensor that ONNX Runtime reads in place, the resampler's scratch rows and, for a
/// half-precision model, the arrays for converted values.
/// </summary>
internal sealed class InputBuffer(InputShape shape) : IDisposable
{
    private readonly OrtValue[] values = new OrtValue[1];
    private readonly Float16[] halves = shape.Half ? GC.AllocateArray<Float16>(shape.MaxLength, pinned: true) : [];
    private float[] singles = [];
    private (int Height, int Width) bound;

    /// <summary>The tensor's memory, large enough for the largest input.</summary>
    public float[] Data { get; } = GC.AllocateArray<float>(shape.MaxLength, pinned: true);

    public LetterboxResampler Resampler { get; } = new();

    /// <summary>The tensor of <see cref="Data"/> in the given size; recreated only when the size changes.</summary>
    public IReadOnlyCollection<OrtValue> Bind(int height, int width)
    {
        var length = shape.Batch * 3 * height * width;
        if (shape.Half)
            TensorPrimitives.ConvertToHalf(Data.AsSpan(0, length), MemoryMarshal.Cast<Float16, Half>(halves.AsSpan()));
        if (bound != (height, width))
        {
            values[0]?.Dispose();
            long[] sides = [shape.Batch, 3, height, width];
            values[0] = shape.Half
                ? OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, halves.AsMemory(0, length), sides)
                : OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, Data.AsMemory(0, length), sides);
            bound = (height, width);
        }
        return values;
    }

    /// <summary>Converts half-precision values to floats; the result is valid until the next call.</summary>
    public ReadOnlySpan<float> ToSingle(ReadOnlySpan<Float16> numbers)
    {
        if (singles.Length < numbers.Length)
            singles = new float[numbers.Length];
        TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<Float16, Half>(numbers), singles);
        return singles.AsSpan(0, numbers.Length);
    }

    public void Dispose() => values[0]?.Dispose();
}

/// <summary>Keeps buffers for reuse: as many as were ever in use at once, up to a limit.</summary>
internal sealed class InputPool(InputShape shape, int keep) : IDisposable
{
    private readonly ConcurrentBag<InputBuffer> free = [];

    public InputBuffer Rent() => free.TryTake(out var buffer) ? buffer : new InputBuffer(shape);

    public void Return(InputBuffer buffer)
    {
        if (free.Count < keep)
            free.Add(buffer);
        else
            buffer.Dispose();
    }

    public void Dispose()
    {
        while (free.TryTake(out var buffer))
            buffer.Dispose();
    }
}
