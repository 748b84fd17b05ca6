namespace LocalHosting.Processes;

/// <summary><c>postgres</c> over a folder that <c>initdb</c> makes at the first start: passwords only (scram), 127.0.0.1 only.</summary>
internal sealed partial class PostgresProgram(PostgresServerResource resource, DistributedApplicationBuilder builder) : ResourceProgram(builder)
{
    private string _bin = "";

    /// <summary>Fast: sessions are ended, the data written out.</summary>
    public override int StopSignal => Native.Interrupt;

    private string Volume => resource.All<VolumeAnnotation>().LastOrDefault()?.Name ?? resource.Name;
    private string Cluster => Path.Combine(Builder.Data.Path, Volume, "pgdata");

    public override async Task CheckMachineAsync()
    {
        const string debian = "/usr/lib/postgresql";
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Concat(Directory.Exists(debian) ? Directory.GetDirectories(debian).Select(f => Path.Combine(f, "bin")) : []);
        var found = new List<(string Folder, string Version)>();
        foreach (var folder in folders.Where(f => File.Exists(Path.Combine(f, "postgres")) && File.Exists(Path.Combine(f, "initdb"))))
            found.Add((folder, Major().Match((await Launcher.RunAsync(new Command(Path.Combine(folder, "postgres"), ["--version"], "/"))).Output).Value));
        if (found.Count == 0)
            throw new DistributedApplicationException("PostgreSQL is not installed. Install it: sudo apt-get install postgresql");
        _bin = found.MaxBy(f => int.Parse(f.Version)).Folder;
        var mark = Path.Combine(Cluster, "PG_VERSION");
        if (!File.Exists(mark))
            return;
        var made = (await File.ReadAllTextAsync(mark)).Trim();
        _bin = found.Find(f => f.Version == made).Folder ?? throw new DistributedApplicationException(
            $"The data in {Cluster} was made by PostgreSQL {made}; installed is {string.Join(", ", found.Select(f => f.Version).Distinct())}. " +
            $"Install the other (sudo apt-get install postgresql-{made}), or begin with an empty database: mv '{Cluster}' '{Cluster}.{made}'");
    }

    public override async Task<Command> PrepareAsync(int replica, CancellationToken cancellationToken)
    {
        var (volume, account) = await Builder.Data.VolumeAsync(Volume);
        if (!Directory.Exists(Cluster))
            await InitializeAsync(volume, account);
        await ReclaimAsync(cancellationToken);
        string[] settings =
        [
            "listen_addresses=127.0.0.1", $"port={resource.PrimaryEndpoint.Port}", "unix_socket_directories=",
            "fsync=on", "full_page_writes=on", "synchronous_commit=on", "log_checkpoints=off", "log_min_error_statement=panic",
        ];
        return new Command(Path.Combine(_bin, "postgres"), ["-D", Home(Cluster, account), .. settings.SelectMany(s => new[] { "-c", s })], Cluster)
        {
            RunAs = account,
            // Immediate shutdown: its children go as well, at once, and shared memory is given back.
            DeathSignal = "QUIT",
        };
    }

    /// <summary>Creates the databases of the model.</summary>
    public override async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await using var source = Probe();
        foreach (var database in Builder.Resources.OfType<PostgresDatabaseResource>().Where(d => d.Parent == resource))
        {
            await using var ask = source.CreateCommand("SELECT 1 FROM pg_database WHERE datname = $1");
            ask.Parameters.AddWithValue(database.Name);
            if (await ask.ExecuteScalarAsync(cancellationToken) is not null)
                continue;
            await using var create = source.CreateCommand($"CREATE DATABASE \"{database.Name.Replace("\"", "\"\"")}\"");
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>What tells of starts and stops is left out: the states tell that already.</summary>
    public override bool Shows(string line) => base.Shows(line) && !Expected().IsMatch(line);

    protected override async Task<bool> AnswersAsync(int replica, CancellationToken cancellationToken)
    {
        await using var source = Probe();
        await using var ask = source.CreateCommand("SELECT 1");
        return await ask.ExecuteScalarAsync(cancellationToken) is 1;
    }

    private NpgsqlDataSource Probe()
    {
        var source = new NpgsqlDataSourceBuilder(resource.Connection("postgres")).ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        (source.ConnectionStringBuilder.Pooling, source.ConnectionStringBuilder.Timeout, source.ConnectionStringBuilder.SslMode) = (false, 3, SslMode.Disable);
        return source.Build();
    }

    private static string Home(string folder, Account? account) => account is null ? folder : Launcher.Home;

    /// <summary>Into a folder of another name first: a cluster that was cut off half-way is never taken for a whole one.</summary>
    private async Task InitializeAsync(string volume, Account? account)
    {
        var (folder, password) = (Path.Combine(volume, "pgdata.new"), Path.Combine(volume, "password"));
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        DataFolder.WritePrivate(password, resource.Password);
        await DataFolder.GiveAsync(volume, account);
        var home = Home(folder, account);
        string[] options = ["-D", home, "-U", PostgresServerResource.User, "--auth=scram-sha-256", $"--pwfile={home}/../password", "--encoding=UTF8", "--locale=C"];
        var (exitCode, output) = await Launcher.RunAsync(new Command(Path.Combine(_bin, "initdb"),
            Builder.Data.IsTemporary ? [.. options, "--no-sync"] : options, folder) { RunAs = account });
        File.Delete(password);
        if (exitCode != 0)
            throw new DistributedApplicationException($"initdb could not make a database in {Cluster}:\n{output}");
        Directory.Move(folder, Cluster);
    }

    /// <summary>Stops a postmaster that was left over in our folder, and forgets one that has died.</summary>
    private async Task ReclaimAsync(CancellationToken cancellationToken)
    {
        var file = Path.Combine(Cluster, "postmaster.pid");
        if (!File.Exists(file) || !int.TryParse((await File.ReadAllLinesAsync(file, cancellationToken)).FirstOrDefault(), out var pid))
            return;
        if (Native.NameOf(pid) == "postgres" && Native.FolderOf(pid) == Cluster)
            await Native.EndAsync(pid, Native.Interrupt, Grace);
        // Postgres would take any process that has this number by now for its owner.
        File.Delete(file);
    }

    [GeneratedRegex("\\] LOG:  |FATAL:  the database system is|DETAIL:  Consistent recovery state|FATAL:  terminating connection due to administrator", RegexOptions.None, 1000)]
    private static partial Regex Expected();

    [GeneratedRegex(@"\d+", RegexOptions.None, 1000)]
    private static partial Regex Major();
}
