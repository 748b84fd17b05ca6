using System.Buffers;

namespace ImagePrediction.Images;

/// <summary>Bytes in a pooled array; disposing returns the array, so <see cref="Memory"/> must not be used afterwards.</summary>
public sealed class PooledBytes : IDisposable
{
    private readonly int _length;
    private byte[]? _array;

    internal PooledBytes(byte[] array, int length)
    {
        _array = array;
        _length = length;
    }

    /// <summary>The bytes.</summary>
    /// <exception cref="ObjectDisposedException">The array was returned.</exception>
    public ReadOnlyMemory<byte> Memory => Writable;

    internal Memory<byte> Writable
    {
        get
        {
            ObjectDisposedException.ThrowIf(_array is null, this);
            return _array.AsMemory(0, _length);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array)
            ArrayPool<byte>.Shared.Return(array);
    }
}
