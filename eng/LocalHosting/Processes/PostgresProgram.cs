using System.Globalization;
using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Npgsql;

namespace LocalHosting.Processes;

/// <summary><c>postgres</c> over a folder that <c>initdb</c> makes at the first start: passwords only (scram), 127.0.0.1 only.</summary>
internal sealed partial class PostgresProgram(PostgresServerResource resource, DistributedApplicationBuilder builder) : ResourceProgram(resource, builder)
{
    private string _bin = "";

    /// <summary>Fast: sessions are ended, the data written out.</summary>
    public override int StopSignal => Native.Interrupt;

    private string Volume => resource.All<VolumeAnnotation>().LastOrDefault()?.Name ?? resource.Name;
    private string Cluster => Path.Combine(Builder.Data.Path, Volume, "pgdata");

    public override async Task CheckMachineAsync()
    {
        var found = new List<(string Folder, int Version)>();
        foreach (var folder in Folders().Where(f => File.Exists(Path.Combine(f, "postgres")) && File.Exists(Path.Combine(f, "initdb"))))
        {
            var (_, text) = await Launcher.RunAsync(new Command(Path.Combine(folder, "postgres"), ["--version"], "/"));
            found.Add((folder, int.Parse(Major().Match(text).Value, CultureInfo.InvariantCulture)));
        }
        if (found.Count == 0)
            throw new DistributedApplicationException("PostgreSQL is not installed. Install it: sudo apt-get install postgresql");
        _bin = found.MaxBy(f => f.Version).Folder;
        if (!File.Exists(Path.Combine(Cluster, "PG_VERSION")))
            return;
        var made = int.Parse(await File.ReadAllTextAsync(Path.Combine(Cluster, "PG_VERSION")), CultureInfo.InvariantCulture);
        _bin = found.Find(f => f.Version == made).Folder ?? throw new DistributedApplicationException(
            $"The data in {Cluster} was made by PostgreSQL {made}; installed is {string.Join(", ", found.Select(f => f.Version).Distinct())}. " +
            $"Install the other (sudo apt-get install postgresql-{made}), or begin with an empty database: mv '{Cluster}' '{Cluster}.{made}'");
    }

    public override async Task<Command> PrepareAsync(int replica, CancellationToken cancellationToken)
    {
        var account = await Account.ForAsync(Path.Combine(Builder.Data.Path, Volume));
        await Builder.Data.VolumeAsync(Volume, account);
        if (!Directory.Exists(Cluster))
            await InitializeAsync(account, cancellationToken);
        await ReclaimAsync();
        string[] settings =
        [
            "listen_addresses=127.0.0.1", $"port={resource.PrimaryEndpoint.PortText}", "unix_socket_directories=",
            "fsync=on", "full_page_writes=on", "synchronous_commit=on", "log_checkpoints=off",
        ];
        return new Command(Path.Combine(_bin, "postgres"), ["-D", Home(Cluster, account), .. settings.SelectMany(s => new[] { "-c", s })], Cluster)
        {
            RunAs = account,
            Environment = await EnvironmentAsync(cancellationToken),
            // Immediate shutdown: its children go as well, at once, and shared memory is given back.
            DeathSignal = "QUIT",
        };
    }

    /// <summary>Creates the databases of the model.</summary>
    public override async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(Probe());
        foreach (var database in Builder.Resources.OfType<PostgresDatabaseResource>().Where(d => d.Parent == resource))
        {
            await using var ask = source.CreateCommand("SELECT 1 FROM pg_database WHERE datname = $1");
            ask.Parameters.AddWithValue(database.DatabaseName);
            if (await ask.ExecuteScalarAsync(cancellationToken) is not null)
                continue;
            await using var create = source.CreateCommand($"CREATE DATABASE \"{database.DatabaseName.Replace("\"", "\"\"")}\"");
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>LOG lines tell of starts and stops, which the states tell already.</summary>
    public override bool Shows(string line) => base.Shows(line) && !line.Contains("] LOG:  ", StringComparison.Ordinal);

    protected override async Task<bool> AnswersAsync(int replica, CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(Probe());
        await using var ask = source.CreateCommand("SELECT 1");
        return await ask.ExecuteScalarAsync(cancellationToken) is 1;
    }

    private NpgsqlConnectionStringBuilder Probe() => new(resource.Connection("postgres")) { Pooling = false, Timeout = 3, CommandTimeout = 10 };

    private static string Home(string folder, Account? account) => account is null ? folder : Launcher.Home;

    /// <summary>Into a folder of another name first: a cluster that was cut off half-way is never taken for a whole one.</summary>
    private async Task InitializeAsync(Account? account, CancellationToken cancellationToken)
    {
        var unfinished = Cluster + ".new";
        if (Directory.Exists(unfinished))
            Directory.Delete(unfinished, recursive: true);
        var folder = await Builder.Data.VolumeAsync(Path.Combine(Volume, "pgdata.new"), account);
        var (password, home) = (Path.Combine(Path.GetDirectoryName(Cluster)!, "password"), Home(folder, account));
        await File.WriteAllTextAsync(password, resource.PasswordParameter.Get(), cancellationToken);
        File.SetUnixFileMode(password, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        if (account is not null)
            await Launcher.RunAsync(new Command("chown", [$"{account.User}:{account.Group}", "password"], Path.GetDirectoryName(Cluster)!), cancellationToken);
        List<string> options = ["-D", home, "-U", resource.User, "--auth=scram-sha-256", $"--pwfile={home}/../password", "--encoding=UTF8", "--locale=C"];
        if (Builder.Data.IsTemporary)
            options.Add("--no-sync");
        var (exitCode, output) = await Launcher.RunAsync(new Command(Path.Combine(_bin, "initdb"), options, folder) { RunAs = account }, cancellationToken);
        File.Delete(password);
        if (exitCode != 0)
            throw new DistributedApplicationException($"initdb could not make a database in {Cluster}:\n{output}");
        Directory.Move(folder, Cluster);
    }

    /// <summary>Stops a postmaster that was left over in our folder, and forgets one that has died.</summary>
    private async Task ReclaimAsync()
    {
        var file = Path.Combine(Cluster, "postmaster.pid");
        if (!File.Exists(file) || !int.TryParse((await File.ReadAllLinesAsync(file)).FirstOrDefault(), CultureInfo.InvariantCulture, out var pid))
            return;
        if (Native.NameOf(pid) == "postgres" && Native.FolderOf(pid) == Cluster)
            await Native.EndAsync(pid, Native.Interrupt, Grace);
        // Postgres would take any process that has this number by now for its owner.
        File.Delete(file);
    }

    private static IEnumerable<string> Folders()
    {
        const string debian = "/usr/lib/postgresql";
        var versions = Directory.Exists(debian) ? Directory.GetDirectories(debian).Select(f => Path.Combine(f, "bin")) : [];
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Concat(versions);
    }

    [GeneratedRegex(@"\d+", RegexOptions.None, 1000)]
    private static partial Regex Major();
}
