using Microsoft.ML.OnnxRuntime;

namespace ImagePrediction.Worker.Yolo;

/// <summary>
/// Since 1.29, the official builds of ONNX Runtime send their vendor telemetry: which models a process loads and how it
/// performs. A service that is trusted with photos must send nothing.
/// </summary>
internal static class OnnxTelemetry
{
    /// <summary>Turns telemetry off. To be called before any other use of ONNX Runtime, or the first report is already sent.</summary>
    /// <exception cref="InvalidOperationException">Telemetry cannot be turned off.</exception>
    public static void TurnOff()
    {
        NativeEnvironment.Set("ORT_DISABLE_TELEMETRY", "1");
        // Builds for Windows upload nothing themselves, but emit Windows telemetry events, which ignore the variable.
        if (OperatingSystem.IsWindows())
            OrtEnv.Instance().DisableTelemetryEvents();
    }
}
