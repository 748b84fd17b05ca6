namespace ImagePrediction.Tests.Support;

/// <summary>Waits for a condition that another process brings about, by looking again and again until a limit.</summary>
internal static class Eventually
{
    // Much longer than anything takes, since a starved machine may stall for half a minute.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(25);

    public static async Task<T> GetAsync<T>(Func<Task<T>> read, Func<T, bool> until, TimeSpan? within = null)
    {
        var limit = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(Look);
        while (true)
        {
            var value = await read();
            if (until(value))
                return value;
            if (TimeProvider.System.GetElapsedTime(limit) > (within ?? Limit))
                Assert.Fail($"Still {value} after {within ?? Limit}.");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}
