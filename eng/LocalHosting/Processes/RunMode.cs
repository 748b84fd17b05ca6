using System.Runtime.InteropServices;

namespace LocalHosting.Processes;

/// <summary>What this package can be asked to do, and when it ends by itself.</summary>
internal static class RunMode
{
    /// <summary>Refuses to publish or to be driven by the Aspire CLI: both need Aspire's own packages.</summary>
    public static void Require(IConfiguration configuration)
    {
        var publisher = configuration["Publishing:Publisher"] ?? configuration["publisher"] ?? Environment.GetEnvironmentVariable("ASPIRE_BACKCHANNEL_PATH");
        var operation = configuration["AppHost:Operation"] ?? configuration["operation"];
        if (string.IsNullOrEmpty(publisher) && !string.Equals(operation, "publish", StringComparison.OrdinalIgnoreCase))
            return;
        const string message = "This AppHost was built without Aspire's packages (eng/LocalHosting): it runs its resources as plain processes, " +
            "but can neither publish nor serve the Aspire CLI. Build it with -p:UseAspirePackages=true.";
        if (TestingSession.Current is not null)
            throw new DistributedApplicationException(message);
        Console.Error.WriteLine(message);
        Environment.Exit(1);
    }

    /// <summary>Ends the application when its terminal closes, or when the <c>dotnet run</c> that started it is killed.</summary>
    public static IDisposable StopOnHangUp(IHostApplicationLifetime lifetime)
    {
        // Any other parent (a shell, a service manager) may well go while this process is meant to stay.
        if (Native.Parent() is var parent && Native.NameOf(parent) == "dotnet")
            new Thread(() =>
            {
                while (Native.Parent() == parent)
                    Thread.Sleep(500);
                lifetime.StopApplication();
            })
            { IsBackground = true }.Start();
        return PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            lifetime.StopApplication();
        });
    }
}
