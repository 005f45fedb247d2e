using MlOps.Environments;

namespace MlOps.Testing;

/// <summary>
/// An environment in a temporary directory with a fake clock, removed afterwards. <see cref="ReopenAsync"/> plays a restart.
/// </summary>
internal sealed class TestEnvironment : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory;
    private readonly string _name;
    private readonly EnvironmentKind _kind;
    private readonly IFileSystem? _files;
    private EnvironmentStores _stores;

    public TestEnvironment(string name = "sandbox", EnvironmentKind kind = EnvironmentKind.Sandbox, FakeClock? clock = null, IFileSystem? files = null)
    {
        _directory = new TemporaryDirectory();
        _name = name;
        _kind = kind;
        _files = files;
        Clock = clock ?? new FakeClock();
        Caller = new CallerAccessor();
        _stores = Open();
    }

    public FakeClock Clock { get; }

    public CallerAccessor Caller { get; }

    public EnvironmentContext Context => _stores.Context;

    public string Directory => _directory.Path;

    /// <summary>Closes and opens the stores, as a new process would.</summary>
    public async Task<EnvironmentContext> ReopenAsync()
    {
        await _stores.DisposeAsync();
        _stores = Open();
        return Context;
    }

    public async ValueTask DisposeAsync()
    {
        await _stores.DisposeAsync();
        _directory.Dispose();
    }

    private EnvironmentStores Open() => EnvironmentStores.OpenEmbedded(_name, _kind, _directory.Path, Clock, caller: Caller, files: _files);
}
