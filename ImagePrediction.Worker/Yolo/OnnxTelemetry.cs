using Microsoft.ML.OnnxRuntime;

namespace ImagePrediction.Worker.Yolo;

/// <summary>
/// Since 1.29 the official builds of ONNX Runtime report to their maker which models a process loads and how it fares. A
/// service that is trusted with photos calls nobody.
/// </summary>
internal static class OnnxTelemetry
{
    /// <summary>Turns it off; before anything else of ONNX Runtime is used, or the first report is on its way.</summary>
    /// <exception cref="InvalidOperationException">It cannot be turned off.</exception>
    public static void TurnOff()
    {
        NativeEnvironment.Set("ORT_DISABLE_TELEMETRY", "1");
        // Windows has no uploader, but events for its own, which heed no variable.
        if (OperatingSystem.IsWindows())
            OrtEnv.Instance().DisableTelemetryEvents();
    }
}
