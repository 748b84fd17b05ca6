namespace ImagePrediction.Worker.Yolo;

/// <summary>A picture ready for the model. Dispose it when its result is in: its buffer is used for the next one.</summary>
public sealed class PreparedImage : IDisposable
{
    private readonly InputPool pool;
    private InputBuffer? buffer;

    internal PreparedImage(InputPool pool, InputBuffer buffer, Letterbox letterbox)
    {
        (this.pool, this.buffer, Letterbox) = (pool, buffer, letterbox);
    }

    /// <summary>Pixels across, of the upright original.</summary>
    public int Width => Letterbox.Width;

    /// <summary>Pixels down, of the upright original.</summary>
    public int Height => Letterbox.Height;

    /// <summary>How the original lies in the model's input.</summary>
    public Letterbox Letterbox { get; }

    /// <summary>The model's input, <c>[3, InputHeight, InputWidth]</c>, RGB 0 to 1.</summary>
    /// <exception cref="ObjectDisposedException">The buffer has been given back.</exception>
    public ReadOnlySpan<float> Input => Buffer.Data.AsSpan(0, 3 * Letterbox.InputWidth * Letterbox.InputHeight);

    internal InputBuffer Buffer => buffer ?? throw new ObjectDisposedException(nameof(PreparedImage));

    /// <summary>Gives the buffer back; once is enough, again does nothing.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref buffer, null) is { } free)
            pool.Return(free);
    }
}
