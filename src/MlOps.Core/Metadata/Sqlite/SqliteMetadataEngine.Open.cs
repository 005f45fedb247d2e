using SQLitePCL;

namespace MlOps.Metadata;

internal sealed partial class SqliteMetadataEngine
{
    private const string StoreTable = """
        CREATE TABLE mlops_store (
            id BIGINT PRIMARY KEY CHECK (id = 1),
            environment TEXT NOT NULL,
            format BIGINT NOT NULL,
            created BIGINT NOT NULL)
        """;

    private const string SchemaTable = "CREATE TABLE mlops_schema (area TEXT PRIMARY KEY, version BIGINT NOT NULL)";
    private const string SelectVersion = "SELECT version FROM mlops_schema WHERE area = @area";

    public async ValueTask MigrateAsync(MetadataSchema schema, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(schema);
        var found = await ReadAsync((session, _) => session.ScalarAsync(SelectVersion, ("@area", schema.Area)), cancellationToken).ConfigureAwait(false);
        if (Pending(schema, found) == 0)
            return;
        await WriteAsync((session, _) => MigrateAsync(session, schema), cancellationToken).ConfigureAwait(false);
        LogMigrated(_logger, schema.Area, found ?? 0, schema.Migrations.Count);
    }

    private async ValueTask<int> MigrateAsync(IMetadataSession session, MetadataSchema schema)
    {
        // Another process may have been first: what counts is what this transaction sees.
        var pending = Pending(schema, await session.ScalarAsync(SelectVersion, ("@area", schema.Area)).ConfigureAwait(false));
        if (pending == 0)
            return 0;
        foreach (var migration in schema.Migrations.Skip(schema.Migrations.Count - pending))
        {
            foreach (var statement in MigrationScript.Split(Dialect.Translate(migration)))
                await session.ExecuteAsync(statement).ConfigureAwait(false);
        }

        return await session.ExecuteAsync(
            "INSERT INTO mlops_schema (area, version) VALUES (@area, @version) ON CONFLICT (area) DO UPDATE SET version = excluded.version",
            ("@area", schema.Area), ("@version", schema.Migrations.Count)).ConfigureAwait(false);
    }

    private int Pending(MetadataSchema schema, long? version)
    {
        if (version > schema.Migrations.Count)
        {
            throw new InvalidDefinitionException(
                $"Area '{schema.Area}' of the metadata store '{_path}' has version {version}; this library knows versions up to {schema.Migrations.Count}. " +
                "Update the MlOps packages of this application.");
        }

        return schema.Migrations.Count - (int)(version ?? 0);
    }

    private SqliteLink OpenStamped()
    {
        var link = new SqliteLink(_path, readOnly: false, _options);
        try
        {
            Stamp(link);
            UseWriteAheadLog(link);
            link.StopWaiting();
            return link;
        }
        catch
        {
            link.Rollback();
            link.Dispose();
            throw;
        }
    }

    /// <summary>The writer's connection after an error that made the old one doubtful.</summary>
    private SqliteLink Reopen()
    {
        var link = new SqliteLink(_path, readOnly: false, _options);
        link.StopWaiting();
        return link;
    }

    private void Stamp(SqliteLink link)
    {
        link.Require("BEGIN IMMEDIATE");
        var session = new SqliteSession(link);
        var tables = Ended(session.ScalarAsync("SELECT count(*) FROM sqlite_master"));
        if (tables == 0)
        {
            link.Require(StoreTable);
            link.Require(SchemaTable);
            _ = Ended(session.ExecuteAsync(
                "INSERT INTO mlops_store (id, environment, format, created) VALUES (1, @environment, @format, @created)",
                ("@environment", EnvironmentName), ("@format", SqliteMetadataStore.FormatVersion), ("@created", Timestamp.From(_options.Clock.GetUtcNow()))));
        }
        else
        {
            Check(session);
        }

        foreach (var area in _options.Areas)
            _ = Ended(MigrateAsync(session, area));
        link.Require("COMMIT");
    }

    private void Check(SqliteSession session)
    {
        if (Ended(session.ScalarAsync("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'mlops_store'")) == 0)
        {
            throw new InvalidDefinitionException(
                $"'{_path}' is a SQLite database of another application: it has tables, but no MlOps stamp. Give environment '{EnvironmentName}' a directory of its own.");
        }

        var (owner, format) = Ended(session.QueryAsync(
            "SELECT environment, format FROM mlops_store WHERE id = 1", reader => (reader.GetString(0), reader.GetInt64(1)))).Single();
        if (format > SqliteMetadataStore.FormatVersion)
        {
            throw new InvalidDefinitionException(
                $"The metadata store '{_path}' has format {format}; this library reads formats up to {SqliteMetadataStore.FormatVersion}. Update the MlOps packages of this application.");
        }

        if (owner != EnvironmentName)
        {
            throw new EnvironmentIsolationException(
                $"The metadata store '{_path}' belongs to environment '{owner}' and cannot be opened as '{EnvironmentName}'. Give '{EnvironmentName}' a directory of its own.");
        }
    }

    private void UseWriteAheadLog(SqliteLink link)
    {
        // The change needs the file alone for a moment; SQLite does not always ask its busy handler here.
        var code = raw.SQLITE_OK;
        using var pause = new ManualResetEventSlim();
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        for (var attempt = 0; attempt == 0 || System.Diagnostics.Stopwatch.GetElapsedTime(started) < _options.LockTimeout; attempt++)
        {
            code = link.Run("PRAGMA journal_mode=WAL");
            if (!SqliteErrors.IsBusy(code))
                break;
            pause.Wait(Backoff(attempt));
        }

        if (code != raw.SQLITE_OK)
            throw link.Error(code, "PRAGMA journal_mode=WAL");
    }

    /// <summary>The result of a session's statement; those of this engine have ended when they return.</summary>
    private static T Ended<T>(ValueTask<T> statement) => statement.IsCompleted
        ? statement.Result
        : throw new InvalidOperationException("A statement of a SQLite session did not end at once.");
}
