using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MlOps.Artifacts;
using MlOps.Audit;
using MlOps.Events;
using MlOps.Files;
using MlOps.Metadata;

namespace MlOps.Environments;

/// <summary>
/// The embedded stores of one environment, all below one directory: <c>environment.json</c> (whose directory this is),
/// <c>metadata.db</c>, <c>artifacts/</c>, and a folder for each engine. Several processes may open the same environment.
/// </summary>
public sealed class EnvironmentStores : IAsyncDisposable
{
    private EnvironmentStores(EnvironmentContext context) => Context = context;

    /// <summary>What the engines of this environment receive.</summary>
    public EnvironmentContext Context { get; }

    /// <summary>Opens an environment, creating its directory, stamp and stores when they are absent.</summary>
    /// <param name="name">The environment's name.</param>
    /// <param name="kind">What it is for.</param>
    /// <param name="directory">Its directory; a relative one counts from the current directory.</param>
    /// <param name="clock">The clock; null for the system's.</param>
    /// <param name="loggerFactory">Makes loggers; null for none.</param>
    /// <param name="caller">Who is calling; null for a new <see cref="CallerAccessor"/>.</param>
    /// <param name="files">The durable file layer; null for the local disk.</param>
    /// <param name="access">Who has which roles; null for everybody everything.</param>
    /// <param name="artifacts">Limits of the artifact store, its quota among them; null for the defaults.</param>
    /// <returns>The open stores; dispose them to finish waiting writes.</returns>
    /// <exception cref="InvalidDefinitionException">Several things are wrong (all are listed), or the name is.</exception>
    /// <exception cref="EnvironmentIsolationException">The directory belongs to another environment.</exception>
    /// <exception cref="StorageException">The directory cannot be made or written.</exception>
    public static EnvironmentStores OpenEmbedded(
        string name,
        EnvironmentKind kind,
        string directory,
        TimeProvider? clock = null,
        ILoggerFactory? loggerFactory = null,
        ICallerAccessor? caller = null,
        IFileSystem? files = null,
        EnvironmentAccess? access = null,
        FileArtifactOptions? artifacts = null)
    {
        clock ??= TimeProvider.System;
        loggerFactory ??= NullLoggerFactory.Instance;
        caller ??= new CallerAccessor();
        files ??= new PhysicalFileSystem();
        var problems = Problems(name, directory, files);
        if (problems.Count == 1)
            throw problems[0];
        if (problems.Count > 1)
        {
            throw new InvalidDefinitionException(
                $"Environment '{name}' cannot be opened:" + string.Concat(problems.Select(p => Environment.NewLine + "- " + p.Message)), new AggregateException(problems));
        }

        name = EnvironmentNames.Normalise(name);
        directory = Path.GetFullPath(directory);
        if (EnvironmentStamp.Read(files, directory) is null)
        {
            new EnvironmentStamp(EnvironmentStamp.CurrentFormat, name, kind.ToString(), clock.GetUtcNow()).Write(files, directory);
            // Of two that stamp at once only one wins; the other reads here that it has lost.
            Check(EnvironmentStamp.Read(files, directory), name, directory);
        }

        Directory.CreateDirectory(directory);
        var metadata = SqliteMetadataStore.Open(Path.Combine(directory, "metadata.db"), name, new SqliteMetadataOptions
        {
            Areas = [SqlEventLog.Schema, SqlAuditLog.Schema],
            Clock = clock,
            LoggerFactory = loggerFactory,
        });
        try
        {
            var control = access is null
                ? AccessControl.Unrestricted
                : AccessControl.ByRoles(name, access, caller, loggerFactory.CreateLogger("MlOps.Access"));
            return new EnvironmentStores(new EnvironmentContext
            {
                Name = name,
                Kind = kind,
                Directory = directory,
                Files = files,
                Metadata = metadata,
                Artifacts = FileArtifactStore.Open(files, Path.Combine(directory, "artifacts"), clock, artifacts),
                Events = new SqlEventLog(metadata, clock),
                Audit = new SqlAuditLog(metadata, caller, clock, control),
                Caller = caller,
                Access = control,
                Clock = clock,
                LoggerFactory = loggerFactory,
            });
        }
        catch
        {
            // The writer's thread ends by itself once it sees the mark; nothing waits in its queue.
            _ = metadata.DisposeAsync().AsTask();
            throw;
        }
    }

    /// <summary>
    /// Looks for everything that would keep an environment from opening, creating no more than its directory,
    /// so that a host can list the mistakes of all its environments at once.
    /// </summary>
    /// <param name="name">The environment's name.</param>
    /// <param name="directory">Its directory.</param>
    /// <param name="files">The durable file layer; null for the local disk.</param>
    /// <returns>The mistakes; empty when there are none.</returns>
    public static IReadOnlyList<MlOpsException> Validate(string name, string directory, IFileSystem? files = null) =>
        Problems(name, directory, files ?? new PhysicalFileSystem());

    /// <summary>Finishes waiting writes and closes the stores.</summary>
    /// <returns>A task that ends when all is closed.</returns>
    public ValueTask DisposeAsync() => Context.Metadata.DisposeAsync();

    private static List<MlOpsException> Problems(string name, string directory, IFileSystem files)
    {
        var problems = new List<MlOpsException>();
        string? normalised = null;
        Try(() => normalised = EnvironmentNames.Normalise(name ?? ""));
        if (string.IsNullOrWhiteSpace(directory) || directory.Contains('\0'))
        {
            problems.Add(new InvalidDefinitionException($"Environment '{name}' has the directory '{directory}': give it a path."));
            return problems;
        }

        var full = Path.GetFullPath(directory);
        for (var at = full; at is not null; at = Path.GetDirectoryName(at))
        {
            if (!files.FileExists(at))
                continue;
            problems.Add(new StorageException($"The directory '{full}' of environment '{name}' cannot be made: '{at}' is a file. Choose another directory, or move the file away."));
            return problems;
        }

        Try(() =>
        {
            files.CreateDirectory(full);
            ProbeWriting(files, full);
        });
        Try(() => RefuseLinks(files, full));
        if (normalised is not null)
            Try(() => Check(EnvironmentStamp.Read(files, full), normalised, full));
        return problems;

        void Try(Action check)
        {
            try
            {
                check();
            }
            catch (MlOpsException exception)
            {
                problems.Add(exception);
            }
        }
    }

    private static readonly string[] ArtifactFolders =
    [
        "artifacts", .. ((string[])["blobs", "blobs/sha256", "recipes", "packs", "temporary", "condemned", "uploads", "local"]).Select(folder => "artifacts/" + folder),
    ];

    // Whoever can place a link could make the store read and write somewhere else. The directory itself may be one: its owner named it.
    private static void RefuseLinks(IFileSystem files, string directory)
    {
        foreach (var name in (ReadOnlySpan<string>)[EnvironmentStamp.FileName, "metadata.db", "metadata.db-wal", "metadata.db-shm", .. ArtifactFolders])
        {
            var path = Path.Combine(directory, name);
            if (files.IsLink(path))
                throw new CorruptDataException($"'{path}' is a symbolic link, which the store never makes: put back what it stands for, or mount the other disk there.");
        }
    }

    private static void ProbeWriting(IFileSystem files, string directory)
    {
        var path = Path.Combine(directory, $".probe.{Guid.NewGuid():N}");
        files.CreateNew(path).Dispose();
        files.Delete(path);
    }

    private static void Check(EnvironmentStamp? stamp, string name, string directory)
    {
        if (stamp is null)
            return;
        if (stamp.Format > EnvironmentStamp.CurrentFormat)
        {
            throw new InvalidDefinitionException(
                $"The directory '{directory}' has format {stamp.Format}; this library reads formats up to {EnvironmentStamp.CurrentFormat}. Update the MlOps packages of this application.");
        }

        if (stamp.Environment != name)
        {
            throw new EnvironmentIsolationException(
                $"The directory '{directory}' belongs to environment '{stamp.Environment}' and cannot be opened as '{name}'. Give '{name}' a directory of its own.");
        }
    }
}
