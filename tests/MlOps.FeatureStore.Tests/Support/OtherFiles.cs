namespace MlOps.Features.Tests;

/// <summary>An environment with another file layer or clock, and the same metadata.</summary>
internal static class OtherFiles
{
    public static EnvironmentContext With(EnvironmentContext context, IFileSystem? files = null, TimeProvider? clock = null) => new()
    {
        Name = context.Name, Kind = context.Kind, Directory = context.Directory, Files = files ?? context.Files, Metadata = context.Metadata, Artifacts = context.Artifacts,
        Events = context.Events, Audit = context.Audit, Caller = context.Caller, Clock = clock ?? context.Clock,
    };
}
