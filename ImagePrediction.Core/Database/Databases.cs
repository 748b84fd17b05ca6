using Microsoft.Extensions.Hosting;
using Npgsql;

namespace ImagePrediction.Database;

/// <summary>The connections to Postgres. Needs <c>ConnectionStrings:predictions</c>.</summary>
public static class Databases
{
    /// <summary>Adds the connections for statements that run for every image.</summary>
    /// <param name="builder">The service.</param>
    /// <param name="connections">Maximum number of connections.</param>
    public static void AddDatabase(this IHostApplicationBuilder builder, int connections) =>
        // The services have health checks of their own.
        builder.AddNpgsqlDataSource("predictions", settings => settings.DisableHealthChecks = true,
            source => PrepareForEveryImage(source.ConnectionStringBuilder, connections));

    /// <summary>
    /// Adds <see cref="PredictionsContext"/> with few connections and a short timeout per statement, so that a list that finds few matches
    /// in a large table does not slow down the images in progress.
    /// </summary>
    public static void AddPredictionsContext(this IHostApplicationBuilder builder) =>
        builder.AddNpgsqlDbContext<PredictionsContext>("predictions", settings =>
        {
            var connection = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { MaxPoolSize = 4, CommandTimeout = 5 };
            PrepareForAll(connection);
            settings.ConnectionString = connection.ConnectionString;
            settings.DisableHealthChecks = true;
            settings.DisableRetry = true; // clients are told to retry instead
        });

    /// <summary>
    /// Statements are prepared automatically and planned once: for arrays of ids, Postgres would plan each run anew, which takes a quarter of its
    /// time for a single image. A plan made while the table is small is kept as it grows, so it neither scans nor joins whole tables.
    /// JIT is off: disabling such plans inflates costs and would trigger it.
    /// </summary>
    private static void PrepareForEveryImage(NpgsqlConnectionStringBuilder settings, int connections)
    {
        PrepareForAll(settings);
        settings.MaxAutoPrepare = 32;
        settings.AutoPrepareMinUsages = 2;
        settings.MaxPoolSize = connections;
        settings.CommandTimeout = 15;
        settings.Options = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off";
    }

    private static void PrepareForAll(NpgsqlConnectionStringBuilder settings)
    {
        // Shows in pg_stat_activity which process a connection belongs to.
        settings.ApplicationName = $"{AppDomain.CurrentDomain.FriendlyName}/{Environment.ProcessId}";
        settings.Timeout = 5;
        // None of our statements leaves session state behind.
        settings.NoResetOnClose = true;
        settings.Options = "-c jit=off";
    }
}
