namespace MlOps.Core.Tests.Artifacts;

/// <summary>Calls a hook before every call that changes something, and counts the files that were made.</summary>
internal sealed class HookedFileSystem(IFileSystem inner) : IFileSystem
{
    private int _calls;
    private int _created;

    public int Created => _created;

    public int Calls => _calls;

    /// <summary>Gets the call's number, from 1.</summary>
    public Action<int>? Before { get; set; }

    public IDurableFile CreateNew(string path)
    {
        Enter();
        Interlocked.Increment(ref _created);
        return inner.CreateNew(path);
    }

    public IDurableFile OpenAppend(string path)
    {
        Enter();
        return inner.OpenAppend(path);
    }

    public Stream OpenRead(string path)
    {
        Enter();
        return inner.OpenRead(path);
    }

    public bool Publish(string temporaryPath, string finalPath)
    {
        Enter();
        return inner.Publish(temporaryPath, finalPath);
    }

    public void Replace(string temporaryPath, string finalPath)
    {
        Enter();
        inner.Replace(temporaryPath, finalPath);
    }

    public void FlushDirectory(string directory)
    {
        Enter();
        inner.FlushDirectory(directory);
    }

    public void CreateDirectory(string directory) => inner.CreateDirectory(directory);

    public void Delete(string path)
    {
        Enter();
        inner.Delete(path);
    }

    public bool FileExists(string path) => inner.FileExists(path);

    public long FileLength(string path) => inner.FileLength(path);

    public DateTimeOffset LastWriteTime(string path) => inner.LastWriteTime(path);

    public void Touch(string path)
    {
        Enter();
        inner.Touch(path);
    }

    public bool IsLink(string path) => inner.IsLink(path);

    public IReadOnlyList<string> ListFiles(string directory, bool recursive = false)
    {
        Enter();
        return inner.ListFiles(directory, recursive);
    }

    private void Enter() => Before?.Invoke(Interlocked.Increment(ref _calls));
}
