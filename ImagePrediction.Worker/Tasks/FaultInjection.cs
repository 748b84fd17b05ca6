using System.Diagnostics;

namespace ImagePrediction.Worker.Tasks;

/// <summary>
/// Stands in for images that kill or hang a decoder, or keep it for a tenth of a second each, which nobody can have at hand:
/// pictures of a configured width do so. Off unless the section <c>Faults</c> is configured; only tests configure it.
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
