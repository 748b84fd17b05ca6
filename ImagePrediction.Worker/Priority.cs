using System.ComponentModel;
using System.Diagnostics;

namespace ImagePrediction.Worker;

/// <summary>On a machine that a worker shares with the API, uploads take priority over inference.</summary>
internal static class Priority
{
    /// <summary>
    /// Lowers the priority of this process and of threads started from now on. When both need all processors, the worker keeps a tenth of
    /// the API's share: enough to renew its leases, and to finish an image before the watchdog intervenes.
    /// </summary>
    public static void GiveWay()
    {
        try
        {
            using var process = Process.GetCurrentProcess();
            process.PriorityClass = ProcessPriorityClass.BelowNormal;
        }
        catch (Win32Exception)
        {
            // The worker also runs at normal priority.
        }
    }
}
