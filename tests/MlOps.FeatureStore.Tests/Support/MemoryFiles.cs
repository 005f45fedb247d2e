namespace MlOps.Features.Tests;

/// <summary>A file layer in memory that forgets what was not flushed when it crashes, and can crash at any operation.</summary>
internal sealed class MemoryFiles : IFileSystem
{
    private readonly Lock _gate = new();
    private Dictionary<string, Node> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Node> _durable = new(StringComparer.Ordinal);
    private int _epoch;

    public int Operations { get; private set; }

    /// <summary>The operation at which everything begins to fail.</summary>
    public int CrashAt { get; set; } = int.MaxValue;

    public byte[] Bytes(string path)
    {
        lock (_gate)
            return _names[path].Data.ToArray();
    }

    public void SetBytes(string path, byte[] bytes)
    {
        lock (_gate)
        {
            _names[path].Data = [.. bytes];
            _names[path].Durable = bytes;
        }
    }

    /// <summary>What a power cut leaves: durable names; durable bytes, and a random part of what was written after them.</summary>
    public void Restart(Random random)
    {
        lock (_gate)
        {
            _epoch++;
            CrashAt = int.MaxValue;
            _names = new Dictionary<string, Node>(_durable, StringComparer.Ordinal);
            foreach (var node in _names.Values.Distinct())
            {
                var survived = node.Data.Count > node.Durable.Length && node.Data.Take(node.Durable.Length).SequenceEqual(node.Durable)
                    ? random.Next(node.Durable.Length, node.Data.Count + 1)
                    : node.Durable.Length;
                var bytes = survived > node.Durable.Length ? node.Data.Take(survived).ToArray() : node.Durable;
                if (survived > node.Durable.Length && random.Next(2) == 0)
                    bytes[^1] ^= 0x55;
                node.Data = [.. bytes];
                node.Durable = bytes;
            }
        }
    }

    public IDurableFile CreateNew(string path) => Do(() =>
    {
        if (_names.ContainsKey(path))
            throw new StorageException($"'{path}' exists.");
        return new Handle(this, path, _names[path] = new Node());
    });

    public IDurableFile OpenAppend(string path) => Do(() => new Handle(this, path, _names.TryGetValue(path, out var node) ? node : _names[path] = new Node()));

    public Stream OpenRead(string path) => Do(() => _names.TryGetValue(path, out var node)
        ? new MemoryStream([.. node.Data], writable: false)
        : throw new FileNotFoundException("absent", path));

    public bool Publish(string temporaryPath, string finalPath) => Do(() =>
    {
        _names.Remove(temporaryPath, out var node);
        return _names.TryAdd(finalPath, node!);
    });

    public void Replace(string temporaryPath, string finalPath) => Do(() =>
    {
        _names.Remove(temporaryPath, out var node);
        _names[finalPath] = node!;
        return true;
    });

    public void FlushDirectory(string directory) => Do(() =>
    {
        foreach (var gone in _durable.Keys.Where(path => Path.GetDirectoryName(path) == directory && !_names.ContainsKey(path)).ToArray())
            _durable.Remove(gone);
        foreach (var (path, node) in _names.Where(pair => Path.GetDirectoryName(pair.Key) == directory))
            _durable[path] = node;
        return true;
    });

    public void CreateDirectory(string directory)
    {
    }

    public void Delete(string path) => Do(() => _names.Remove(path));

    public bool FileExists(string path) => Do(() => _names.ContainsKey(path));

    public long FileLength(string path) => Do(() => (long)_names[path].Data.Count);

    public DateTimeOffset LastWriteTime(string path) => default;

    public void Touch(string path) => Do(() => _names.ContainsKey(path) ? true : throw new FileNotFoundException("absent", path));

    public IReadOnlyList<string> ListFiles(string directory, bool recursive = false) => Do(() =>
        _names.Keys.Where(path => recursive ? path.StartsWith(directory + Path.DirectorySeparatorChar, StringComparison.Ordinal) : Path.GetDirectoryName(path) == directory)
            .Order(StringComparer.Ordinal).ToArray());

    private T Do<T>(Func<T> operation)
    {
        lock (_gate)
        {
            if (++Operations >= CrashAt)
                throw new StorageException("The machine stopped.");
            return operation();
        }
    }

    private sealed class Node
    {
        public List<byte> Data = [];
        public byte[] Durable = [];
    }

    private sealed class Handle(MemoryFiles files, string path, Node node) : IDurableFile
    {
        private readonly int _epoch = files._epoch;

        public string Path => path;

        public long Length => node.Data.Count;

        public void Write(ReadOnlySpan<byte> bytes)
        {
            var copy = bytes.ToArray();
            Alive(() => node.Data.AddRange(copy));
        }

        public void Flush() => Alive(() => node.Durable = [.. node.Data]);

        public void Truncate(long length) => Alive(() => node.Data.RemoveRange((int)length, node.Data.Count - (int)length));

        public void Dispose()
        {
        }

        private void Alive(Action action) => files.Do(() =>
        {
            if (_epoch != files._epoch)
                throw new StorageException("A handle from before the restart.");
            action();
            return true;
        });
    }
}
