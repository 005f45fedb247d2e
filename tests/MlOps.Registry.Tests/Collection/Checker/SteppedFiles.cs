namespace MlOps.Registry.Tests;

/// <summary>A file layer in memory whose times follow the environment's clock and whose every call is a seam.</summary>
internal sealed class SteppedFiles(TimeProvider clock, Interleaver interleaver) : IFileSystem
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Node> _names = new(StringComparer.Ordinal);
    private long _writes;

    /// <summary>A planted bug: what was moved aside counts as old, also when a writer has made it young meanwhile.</summary>
    public bool ForgetsThatAsideIsYoung { get; init; }

    public IDurableFile CreateNew(string path) => At(() =>
    {
        if (_names.ContainsKey(path))
            throw new StorageException($"Could not create '{path}': File exists (error 17).");
        return new OpenFile(this, path, _names[path] = new Node { Written = Now() });
    });

    public IDurableFile OpenAppend(string path) => At(() =>
    {
        if (!_names.TryGetValue(path, out var node))
            _names[path] = node = new Node { Written = Now() };
        return new OpenFile(this, path, node);
    });

    public Stream OpenRead(string path) => At(() => new MemoryStream(Find(path).Content.ToArray(), writable: false));

    public bool Publish(string temporaryPath, string finalPath) => At(() =>
    {
        if (!_names.Remove(temporaryPath, out var node))
            throw new StorageException($"Could not publish '{temporaryPath}': No such file or directory (error 2).");
        return _names.TryAdd(finalPath, node);
    }, isRename: true);

    public void Replace(string temporaryPath, string finalPath) => At(() =>
    {
        if (!_names.Remove(temporaryPath, out var node))
            throw new StorageException($"Could not rename '{temporaryPath}': No such file or directory (error 2).");
        _names[finalPath] = node;
        return true;
    }, isRename: true);

    public void FlushDirectory(string directory)
    {
    }

    public void CreateDirectory(string directory)
    {
    }

    public void Delete(string path) => At(() => _names.Remove(path));

    public bool FileExists(string path) => At(() => _names.ContainsKey(path));

    public long FileLength(string path) => At(() => Find(path).Content.Length);

    public DateTimeOffset LastWriteTime(string path) => At(() =>
        ForgetsThatAsideIsYoung && path.Contains("/condemned/", StringComparison.Ordinal) ? DateTimeOffset.UnixEpoch : Find(path).Written);

    public void Touch(string path) => At(() => Find(path).Written = Now());

    public IReadOnlyList<string> ListFiles(string directory, bool recursive = false) => At(() => (IReadOnlyList<string>)[.. _names.Keys.Where(path =>
        recursive ? path.StartsWith(directory + Path.DirectorySeparatorChar, StringComparison.Ordinal) : Path.GetDirectoryName(path) == directory)]);

    // Before the call: whatever it sees or changes may have been changed by others since the caller's last look.
    private T At<T>(Func<T> call, bool isRename = false)
    {
        interleaver.Yield(isRename);
        System.Runtime.ExceptionServices.ExceptionDispatchInfo error;
        lock (_gate)
        {
            try
            {
                return call();
            }
            catch (Exception caught) when (caught is StorageException or FileNotFoundException)
            {
                // Thrown from within the lock, it would still be held while callers' exception filters ask for files.
                error = System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(caught);
            }
        }

        error.Throw();
        throw error.SourceException;
    }

    private Node Find(string path) => _names.TryGetValue(path, out var node) ? node : throw new FileNotFoundException($"There is no file '{path}'.", path);

    // No two writes have the same time, as on file systems with fine clocks.
    private DateTimeOffset Now() => clock.GetUtcNow().AddTicks(++_writes % 10_000);

    private sealed class Node
    {
        public MemoryStream Content { get; } = new();

        public DateTimeOffset Written { get; set; }
    }

    private sealed class OpenFile(SteppedFiles files, string path, Node node) : IDurableFile
    {
        public string Path => path;

        public long Length => node.Content.Length;

        public void Write(ReadOnlySpan<byte> bytes)
        {
            lock (files._gate)
            {
                node.Content.Write(bytes);
                node.Written = files.Now();
            }
        }

        public void Flush()
        {
        }

        public void Truncate(long length) => node.Content.SetLength(length);

        public void Dispose()
        {
        }
    }
}
