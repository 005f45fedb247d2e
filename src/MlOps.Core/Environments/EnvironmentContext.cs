using Microsoft.Extensions.Logging;
using MlOps.Access;

namespace MlOps;

/// <summary>
/// Everything that one environment owns, handed to the engines of that environment and to nobody else.
/// Engines are built from it; no engine is ever given two.
/// </summary>
public sealed class EnvironmentContext
{
    /// <summary>The environment's name in its stored (lower-case) form.</summary>
    public required string Name { get; init; }

    /// <summary>What the environment is for.</summary>
    public required EnvironmentKind Kind { get; init; }

    /// <summary>A directory of this environment on the local disk; engines write below a folder of their own in it.</summary>
    public required string Directory { get; init; }

    /// <summary>The durable file layer.</summary>
    public required IFileSystem Files { get; init; }

    /// <summary>The relational metadata store, stamped with this environment's name.</summary>
    public required IMetadataStore Metadata { get; init; }

    /// <summary>The content-addressed blobs of this environment.</summary>
    public required IArtifactStore Artifacts { get; init; }

    /// <summary>The durable event log of this environment.</summary>
    public required IEventLog Events { get; init; }

    /// <summary>The audit trail of this environment.</summary>
    public required IAuditLog Audit { get; init; }

    /// <summary>Who is calling, for audit and permissions.</summary>
    public required ICallerAccessor Caller { get; init; }

    /// <summary>What the caller may do here.</summary>
    /// <value>Default: <see cref="AccessControl.Unrestricted"/>.</value>
    public IAccessControl Access { get; init; } = AccessControl.Unrestricted;

    /// <summary>The clock; tests replace it.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Makes the loggers of the engines.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance;

    /// <summary>
    /// The same environment as its users see it: artifacts ask for permissions, and rows are for administrators. Without rules it is this
    /// context itself.
    /// </summary>
    /// <returns>The guarded view.</returns>
    public EnvironmentContext Guarded() => ReferenceEquals(Access, AccessControl.Unrestricted) || Artifacts is GuardedArtifactStore
        ? this
        : new EnvironmentContext
        {
            Name = Name,
            Kind = Kind,
            Directory = Directory,
            Files = Files,
            Metadata = new GuardedMetadataStore(Metadata, Access),
            Artifacts = new GuardedArtifactStore(Artifacts, Access),
            Events = Events,
            Audit = Audit,
            Caller = Caller,
            Access = Access,
            Clock = Clock,
            LoggerFactory = LoggerFactory,
        };
}
