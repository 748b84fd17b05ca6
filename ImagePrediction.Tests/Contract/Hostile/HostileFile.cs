namespace ImagePrediction.Tests.Contract.Hostile;

/// <summary>A file that no honest client would send.</summary>
/// <param name="Name">What is wrong with it; unique.</param>
/// <param name="Bytes">Its content.</param>
internal sealed record HostileFile(string Name, byte[] Bytes)
{
    public override string ToString() => $"{Name} ({Bytes.Length} bytes)";
}
