namespace MlOps.Crash.Tests;

/// <summary>A directory in memory where the system has one: for tests whose file layer is a double, and whose database need not survive.</summary>
internal sealed class FastDirectory : IDisposable
{
    private const string Memory = "/dev/shm";

    public FastDirectory() => Path = Directory.Exists(Memory)
        ? Directory.CreateDirectory(System.IO.Path.Combine(Memory, $"mlops-test-{Guid.NewGuid():N}")).FullName
        : Directory.CreateTempSubdirectory("mlops-test-").FullName;

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
