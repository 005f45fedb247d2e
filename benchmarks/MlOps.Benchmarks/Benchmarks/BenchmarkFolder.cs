namespace MlOps.Benchmarks.Benchmarks;

/// <summary>A folder of its own for one benchmark's stores.</summary>
internal sealed class BenchmarkFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("mlops-bench-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
