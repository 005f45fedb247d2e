using MlOps.Files;

namespace MlOps.Features.Tests;

/// <summary>Real files that are never flushed: for tests of many small pushes in which no machine stops.</summary>
internal sealed class HastyFiles : IFileSystem
{
    private readonly IFileSystem _files = new PhysicalFileSystem();

    public IDurableFile CreateNew(string path) => new Hasty(_files.CreateNew(path));

    public IDurableFile OpenAppend(string path) => new Hasty(_files.OpenAppend(path));

    public Stream OpenRead(string path) => _files.OpenRead(path);

    public bool Publish(string temporaryPath, string finalPath) => _files.Publish(temporaryPath, finalPath);

    public void Replace(string temporaryPath, string finalPath) => _files.Replace(temporaryPath, finalPath);

    public void FlushDirectory(string directory)
    {
    }

    public void CreateDirectory(string directory) => _files.CreateDirectory(directory);

    public void Delete(string path) => _files.Delete(path);

    public bool FileExists(string path) => _files.FileExists(path);

    public long FileLength(string path) => _files.FileLength(path);

    public DateTimeOffset LastWriteTime(string path) => _files.LastWriteTime(path);

    public void Touch(string path) => _files.Touch(path);

    public IReadOnlyList<string> ListFiles(string directory, bool recursive = false) => _files.ListFiles(directory, recursive);

    private sealed class Hasty(IDurableFile file) : IDurableFile
    {
        public string Path => file.Path;

        public long Length => file.Length;

        public void Write(ReadOnlySpan<byte> bytes) => file.Write(bytes);

        public void Flush()
        {
        }

        public void Truncate(long length) => file.Truncate(length);

        public void Dispose() => file.Dispose();
    }
}
