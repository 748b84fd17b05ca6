using System.Text;

namespace ImagePrediction.Tests.Detection;

/// <summary>
/// Writes the smallest model there can be: <c>output0 = Reshape(images, shape)</c>. Its "detections" are the picture's own
/// numbers, so tests can tell what the detector makes of any output. Protocol buffers by hand (onnx.proto3).
/// </summary>
internal static class OnnxFile
{
    /// <param name="path">Where to.</param>
    /// <param name="input">Input dimensions; -1 is dynamic.</param>
    /// <param name="output">Output dimensions; -1 is what is left.</param>
    /// <param name="half">Numbers are float16, not float32.</param>
    /// <param name="metadata">Key and value pairs, such as <c>names</c>.</param>
    public static void Write(string path, long[] input, long[] output, bool half, params (string Key, string Value)[] metadata)
    {
        byte[] node = [.. Text(1, "images"), .. Text(1, "shape"), .. Text(2, "output0"), .. Text(4, "Reshape")];
        byte[] shape = [.. Number(1, output.Length), .. Number(2, 7), .. Text(8, "shape"),
            .. Field(9, output.SelectMany(BitConverter.GetBytes).ToArray())];
        byte[] graph = [.. Field(1, node), .. Text(2, "test"), .. Field(5, shape), .. Field(11, Value("images", input, half)), .. Field(12, Value("output0", output, half))];
        byte[] model = [.. Number(1, 8), .. Field(7, graph), .. Field(8, Number(2, 16)),
            .. metadata.SelectMany(m => Field(14, [.. Text(1, m.Key), .. Text(2, m.Value)]))];
        File.WriteAllBytes(path, model);
    }

    /// <summary>The same in float32.</summary>
    public static void Write(string path, long[] input, long[] output, params (string Key, string Value)[] metadata) =>
        Write(path, input, output, half: false, metadata);

    private static byte[] Value(string name, long[] dimensions, bool half)
    {
        var shape = dimensions.SelectMany((d, i) => Field(1, d > 0 ? Number(1, d) : Text(2, $"d{i}"))).ToArray();
        return [.. Text(1, name), .. Field(2, Field(1, [.. Number(1, half ? 10 : 1), .. Field(2, shape)]))];
    }

    private static byte[] Text(int field, string value) => Field(field, Encoding.UTF8.GetBytes(value));

    private static byte[] Field(int field, byte[] value) => [.. Varint(field << 3 | 2), .. Varint(value.Length), .. value];

    private static byte[] Number(int field, long value) => [.. Varint(field << 3), .. Varint(value)];

    private static List<byte> Varint(long value)
    {
        var bytes = new List<byte>();
        for (; value > 0x7F; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return bytes;
    }
}
