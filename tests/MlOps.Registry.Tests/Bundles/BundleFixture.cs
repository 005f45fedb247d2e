using MlOps.Testing;

namespace MlOps.Registry.Tests;

/// <summary>A version of all kinds in one environment, exported once, and an empty environment that imports.</summary>
public sealed class BundleFixture : IAsyncLifetime
{
    private readonly TestEnvironment _source = new();
    private readonly TestEnvironment _target = new("staging", EnvironmentKind.Staging);
    private readonly TemporaryDirectory _directory = new();

    internal EnvironmentContext Source => _source.Context;

    internal EnvironmentContext Target => _target.Context;

    internal string Directory { get; private set; } = "";

    internal ModelVersion Version { get; private set; } = null!;

    internal ExportedBundle Bundle { get; private set; } = null!;

    internal LayoutFiles Layout => LayoutFiles.Read(Directory);

    internal static ModelBundles Bundles(EnvironmentContext context) => new(context, new SqlModelRegistry(context), []);

    internal static EnvironmentContext With(EnvironmentContext context, IArtifactStore? artifacts = null, IFileSystem? files = null, IAccessControl? access = null) => new()
    {
        Name = context.Name,
        Kind = context.Kind,
        Directory = context.Directory,
        Files = files ?? context.Files,
        Metadata = context.Metadata,
        Artifacts = artifacts ?? context.Artifacts,
        Events = context.Events,
        Audit = context.Audit,
        Caller = context.Caller,
        Access = access ?? context.Access,
        Clock = context.Clock,
    };

    internal string NewPath() => _directory[Guid.NewGuid().ToString("N")];

    public async Task InitializeAsync()
    {
        var draft = await Drafts.Full(Source).WithDescription("# Churn\nÄ \"quoted\" <b>").BuildAsync();
        var registry = new SqlModelRegistry(Source);
        Version = await registry.RegisterAsync(draft with { Tags = new Dictionary<string, string>(draft.Tags) { ["päth/with"] = "ünï \"code\" + <b>" } });
        Directory = _directory["layout"];
        Bundle = await Bundles(Source).ExportAsync(Version.Ref, Directory);
    }

    public async Task DisposeAsync()
    {
        await _source.DisposeAsync();
        await _target.DisposeAsync();
        _directory.Dispose();
    }
}
