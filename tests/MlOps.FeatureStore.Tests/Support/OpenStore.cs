using MlOps.Testing;

namespace MlOps.Features.Tests;

/// <summary>A feature store in a temporary environment; <see cref="ReopenAsync"/> plays a restart.</summary>
internal sealed class OpenStore(FeatureView[]? views = null, FeatureService[]? services = null, FeatureStoreOptions? options = null, IFileSystem? files = null) : IAsyncDisposable
{
    private readonly TestEnvironment _environment = new(files: files);
    private FeatureStore? _store;

    public FeatureStore Store => _store ??= Open(views);

    public TestEnvironment Environment => _environment;

    public string Folder => Path.Combine(_environment.Directory, "features");

    public async Task<FeatureStore> ReopenAsync(FeatureView[]? changed = null)
    {
        _store?.Dispose();
        await _environment.ReopenAsync();
        return _store = Open(changed ?? views);
    }

    public async ValueTask DisposeAsync()
    {
        _store?.Dispose();
        await _environment.DisposeAsync();
    }

    private FeatureStore Open(FeatureView[]? declared) =>
        new(_environment.Context, declared ?? Flights.Views(), services ?? (declared is null ? [Flights.Service] : []), options ?? new FeatureStoreOptions());
}
