using System.Runtime.InteropServices;
using Aspire.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace LocalHosting.Processes;

/// <summary>What this package can be asked to do, and when it ends by itself.</summary>
internal static class RunMode
{
    /// <summary>Refuses to publish or to be driven by the Aspire CLI: both need Aspire's own packages.</summary>
    public static void Require(IConfiguration configuration)
    {
        var publishes = configuration["Publishing:Publisher"] ?? configuration["publisher"];
        var operation = configuration["AppHost:Operation"] ?? configuration["operation"];
        var isPublish = publishes is not null || string.Equals(operation, "publish", StringComparison.OrdinalIgnoreCase);
        if (!isPublish && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("ASPIRE_BACKCHANNEL_PATH")))
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
        var parent = Native.Parent();
        // Any other parent (a shell, a service manager) may well go while this process is meant to stay.
        if (Native.NameOf(parent) == "dotnet")
            _ = new Timer(_ => { if (Native.Parent() != parent) lifetime.StopApplication(); }, null, 1000, 1000).KeepAlive(lifetime);
        return PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            lifetime.StopApplication();
        });
    }

    private static Timer KeepAlive(this Timer timer, IHostApplicationLifetime lifetime)
    {
        lifetime.ApplicationStopped.Register(timer.Dispose);
        return timer;
    }
}
