using System.Formats.Tar;
using System.IO.Compression;
using Microsoft.Data.Sqlite;
using MlOps.Environments;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

/// <summary>A committed store, unpacked for one test.</summary>
internal sealed class StoredFixture : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<EnvironmentStores> _open = [];

    public StoredFixture(string name)
    {
        using var file = File.OpenRead(Path.Combine(Folder, name));
        using var unpacked = new GZipStream(file, CompressionMode.Decompress);
        TarFile.ExtractToDirectory(unpacked, _directory.Path, overwriteFiles: false);
    }

    public static IEnumerable<string> Names => Directory.GetFiles(Folder, "*.tar.gz").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);

    /// <summary>A day after the story: the open run has lost its process.</summary>
    public FakeClock Clock { get; } = new(StoreFixture.Start.AddDays(1));

    public string Root => _directory.Path;

    public string Database => _directory["metadata.db"];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Fixtures", "stores");

    public EnvironmentContext Open(FakeClock? clock = null, string? directory = null)
    {
        var stores = EnvironmentStores.OpenEmbedded(StoreFixture.Environment, EnvironmentKind.Staging, directory ?? _directory.Path, clock ?? Clock);
        lock (_open)
            _open.Add(stores);
        return stores.Context;
    }

    public async Task CloseAsync()
    {
        foreach (var stores in _open)
            await stores.DisposeAsync();
        _open.Clear();
    }

    public void Execute(string sql)
    {
        using var database = Connect(Database);
        using var command = database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public Dictionary<string, long> Versions() => ReadVersions(Database);

    public static Dictionary<string, long> ReadVersions(string path)
    {
        using var database = Connect(path);
        using var command = database.CreateCommand();
        command.CommandText = "SELECT area, version FROM mlops_schema";
        using var reader = command.ExecuteReader();
        var versions = new Dictionary<string, long>();
        while (reader.Read())
            versions.Add(reader.GetString(0), reader.GetInt64(1));
        return versions;
    }

    public static SqliteConnection Connect(string path)
    {
        var database = new SqliteConnection($"Data Source={path};Pooling=False");
        database.Open();
        return database;
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _directory.Dispose();
    }
}
