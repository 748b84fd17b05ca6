using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace ImagePrediction.Worker.Detection;

/// <summary>
/// Since 1.29 the official builds of ONNX Runtime report to their maker which models a process loads and how it fares. A
/// service that is trusted with photos calls nobody.
/// </summary>
internal static partial class OnnxTelemetry
{
    private static readonly Lazy<bool> Off = new(TurnOff);

    /// <summary>Turns it off; before anything else of ONNX Runtime is used, or the first report is on its way.</summary>
    /// <exception cref="InvalidOperationException">It cannot be turned off.</exception>
    public static void EnsureOff() => _ = Off.Value;

    private static bool TurnOff()
    {
        // Native code does not see the variables that .NET sets. Windows has no uploader, but events for its own.
        if (OperatingSystem.IsWindows())
            OrtEnv.Instance().DisableTelemetryEvents();
        else if (SetVariable("ORT_DISABLE_TELEMETRY", "1", overwrite: 1) != 0)
            throw new InvalidOperationException($"Cannot set ORT_DISABLE_TELEMETRY: {Marshal.GetLastPInvokeErrorMessage()}");
        return true;
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
