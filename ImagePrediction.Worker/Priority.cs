using System.ComponentModel;
using System.Diagnostics;

namespace ImagePrediction.Worker;

/// <summary>On a machine that a worker shares with the API, accepting an image goes before looking at one.</summary>
internal static class Priority
{
    /// <summary>
    /// Lowers the priority of this process; the threads started from here on inherit it. A tenth of the API's share is what
    /// it keeps where both want all: enough to renew its leases, and to be done with an image before the watchdog comes.
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
            // It works all the same.
        }
    }
}
