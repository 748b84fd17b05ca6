namespace ImagePrediction.Worker.Yolo;

/// <summary>A picture ready for the model. Dispose it once it has its result: its buffer is reused for the next one.</summary>
public sealed class PreparedImage : IDisposable
{
    private readonly InputPool pool;
    private InputBuffer? buffer;

    internal PreparedImage(InputPool pool, InputBuffer buffer, Letterbox letterbox)
    {
        (this.pool, this.buffer, Letterbox) = (pool, buffer, letterbox);
    }

    /// <summary>Width of the upright original in pixels.</summary>
    public int Width => Letterbox.Width;

    /// <summary>Height of the upright original in pixels.</summary>
    public int Height => Letterbox.Height;

    /// <summary>Where the original is placed in the model's input.</summary>
    public Letterbox Letterbox { get; }

    /// <summary>The model's input, <c>[3, InputHeight, InputWidth]</c>, RGB 0 to 1.</summary>
    /// <exception cref="ObjectDisposedException">The buffer has been returned.</exception>
    public ReadOnlySpan<float> Input => Buffer.Data.AsSpan(0, 3 * Letterbox.InputWidth * Letterbox.InputHeight);

    internal InputBuffer Buffer => buffer ?? throw new ObjectDisposedException(nameof(PreparedImage));

    /// <summary>Returns the buffer; further calls do nothing.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref buffer, null) is { } free)
            pool.Return(free);
    }
}
