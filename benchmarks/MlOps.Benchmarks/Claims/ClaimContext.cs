namespace MlOps.Benchmarks.Claims;

/// <summary>What a claim may use while it measures.</summary>
public sealed class ClaimContext : IDisposable
{
    private readonly TextWriter _log;

    public ClaimContext(string name, TextWriter log)
    {
        _log = log;
        Folder = Path.Combine(Path.GetTempPath(), $"mlops-claim-{name}-{Guid.NewGuid():n}");
        Directory.CreateDirectory(Folder);
    }

    /// <summary>An empty folder, deleted afterwards.</summary>
    public string Folder { get; }

    /// <summary>For all random inputs, so that every run measures the same.</summary>
    public int Seed => 20_010_101;

    /// <summary>The files that the set-up fetched (<c>.deps/data</c>); null where it was not run.</summary>
    public static string? DataFolder { get; } = FindDataFolder();

    /// <summary>Says how far a long measurement is.</summary>
    public void Report(string progress) => _log.WriteLine($"    {progress}");

    public void Dispose()
    {
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }

    private static string? FindDataFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string data = Path.Combine(folder.FullName, ".deps", "data");
            if (Directory.Exists(data))
                return data;
        }

        return null;
    }
}
