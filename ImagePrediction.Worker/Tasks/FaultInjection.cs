using System.Diagnostics;

namespace ImagePrediction.Worker.Tasks;

/// <summary>
/// Simulates images that kill or hang a decoder, or occupy it for a tenth of a second each, since no real ones are available:
/// pictures of a configured width do so. Off unless the section <c>Faults</c> is configured, which only tests do.
/// </summary>
internal sealed class FaultInjection(IConfiguration configuration)
{
    private readonly int _killWidth = configuration.GetValue("Faults:KillWidth", -1);
    private readonly int _hangWidth = configuration.GetValue("Faults:HangWidth", -1);
    private readonly int _slowWidth = configuration.GetValue("Faults:SlowWidth", -1);

    public void Strike(int width)
    {
        if (width == _killWidth)
            Process.GetCurrentProcess().Kill();
        if (width == _hangWidth)
            Thread.Sleep(Timeout.Infinite);
        if (width == _slowWidth)
            Thread.Sleep(100);
    }
}
