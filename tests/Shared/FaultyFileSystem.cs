namespace MlOps.Testing;

/// <summary>
/// A file system in memory that remembers what was flushed. <see cref="Crash"/> yields a state that a power cut may leave: bytes
/// not flushed are dropped, torn or zero; names not flushed with their directory are missing, in order per directory.
/// <see cref="FailAt"/> makes one call fail, <see cref="CrashAt"/> ends the process in the middle of one.
/// </summary>
internal sealed class FaultyFileSystem : IFileSystem
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Node> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Node> _durableNames = new(StringComparer.Ordinal);
    private readonly HashSet<string> _directories = new(StringComparer.Ordinal);
    private readonly List<NameChange> _pending = [];
    private DateTimeOffset _time = new(2001, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private bool _crashed;

    /// <summary>Calls that change something, so far.</summary>
    public int Calls { get; private set; }

    /// <summary>The call (counted from 1) that throws <see cref="StorageException"/>.</summary>
    public int FailAt { get; set; }

    /// <summary>How it fails.</summary>
    public FaultKind FailKind { get; set; }

    /// <summary>The call (counted from 1) that never returns: it throws <see cref="SimulatedCrashException"/>, as do all later ones.</summary>
    public int CrashAt { get; set; }

    /// <summary>The process has died: nothing that it does has an effect any more.</summary>
    public bool Crashed => _crashed;

    /// <summary>A planted bug: file flushes return without doing anything.</summary>
    public bool IgnoreFileFlush { get; set; }

    /// <summary>A planted bug: directory flushes return without doing anything.</summary>
    public bool IgnoreDirectoryFlush { get; set; }

    /// <summary>The state after a power cut now, chosen at random among the allowed ones.</summary>
    public FaultyFileSystem Crash(Random random)
    {
        lock (_lock)
        {
            var kept = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var group in _pending.GroupBy(c => c.Directory, StringComparer.Ordinal))
                kept[group.Key] = random.Next(group.Count() + 1);
            var survivors = new HashSet<NameChange>();
            var names = new Dictionary<string, Node>(_durableNames, StringComparer.Ordinal);
            foreach (var change in _pending)
            {
                if (kept[change.Directory]-- <= 0 || (change.Requires is { Durable: false } required && !survivors.Contains(required)))
                    continue;
                survivors.Add(change);
                change.Apply(names);
            }

            var after = new FaultyFileSystem { _time = _time };
            foreach (var directory in _directories)
                after._directories.Add(directory);
            foreach (var (path, node) in names)
            {
                var copy = new Node { Written = node.Written };
                copy.Reset(node.AfterCrash(random));
                after._names[path] = after._durableNames[path] = copy;
            }

            return after;
        }
    }

    /// <summary>A moment between file calls, counted as one of them, at which the process may die.</summary>
    public void Step(string name)
    {
        lock (_lock)
        {
            if (Calls + 1 == FailAt)
                FailAt++;
            Enter(name, "");
        }
    }

    public IDurableFile CreateNew(string path)
    {
        lock (_lock)
        {
            Enter("create", path);
            if (_names.ContainsKey(path))
                throw new StorageException($"Could not create '{path}': File exists (error 17).");
            return new OpenFile(this, path, Add(path));
        }
    }

    public IDurableFile OpenAppend(string path)
    {
        lock (_lock)
        {
            Enter("open", path);
            return new OpenFile(this, path, _names.TryGetValue(path, out var node) ? node : Add(path));
        }
    }

    public Stream OpenRead(string path)
    {
        lock (_lock)
            return new MemoryStream(Find(path).Content.ToArray(), writable: false);
    }

    public bool Publish(string temporaryPath, string finalPath)
    {
        lock (_lock)
        {
            Enter("publish", finalPath);
            if (_names.ContainsKey(finalPath))
            {
                Change(temporaryPath, null, null);
                return false;
            }

            Move(temporaryPath, finalPath);
            return true;
        }
    }

    public void Replace(string temporaryPath, string finalPath)
    {
        lock (_lock)
        {
            Enter("rename over", finalPath);
            Move(temporaryPath, finalPath);
        }
    }

    public void FlushDirectory(string directory)
    {
        lock (_lock)
        {
            Enter("flush the directory", directory);
            if (!_directories.Contains(directory))
                throw new StorageException($"Could not flush the directory '{directory}': No such file or directory (error 2).");
            if (IgnoreDirectoryFlush)
                return;
            foreach (var change in _pending.Where(c => c.Directory == directory).ToList())
            {
                change.Apply(_durableNames);
                change.Durable = true;
                _pending.Remove(change);
            }
        }
    }

    public void CreateDirectory(string directory)
    {
        lock (_lock)
        {
            Enter("create the directory", directory);
            for (var at = directory; at is not null; at = Path.GetDirectoryName(at))
                _directories.Add(at);
        }
    }

    public void Delete(string path)
    {
        lock (_lock)
        {
            Enter("delete", path);
            if (_names.ContainsKey(path))
                Change(path, null, null);
        }
    }

    public bool FileExists(string path)
    {
        lock (_lock)
            return _names.ContainsKey(path);
    }

    public long FileLength(string path)
    {
        lock (_lock)
            return Find(path).Content.Count;
    }

    public DateTimeOffset LastWriteTime(string path)
    {
        lock (_lock)
            return Find(path).Written;
    }

    public void Touch(string path)
    {
        lock (_lock)
        {
            Enter("touch", path);
            Find(path).Written = Tick();
        }
    }

    public IReadOnlyList<string> ListFiles(string directory, bool recursive = false)
    {
        var prefix = Path.TrimEndingDirectorySeparator(directory) + Path.DirectorySeparatorChar;
        lock (_lock)
        {
            return [.. _names.Keys
                .Where(p => recursive ? p.StartsWith(prefix, StringComparison.Ordinal) : Path.GetDirectoryName(p) == Path.TrimEndingDirectorySeparator(directory))
                .Order(StringComparer.Ordinal)];
        }
    }

    private Node Find(string path) => _names.TryGetValue(path, out var node) ? node : throw new FileNotFoundException($"There is no file '{path}'.", path);

    private Node Add(string path)
    {
        if (!_directories.Contains(Path.GetDirectoryName(path)!))
            throw new StorageException($"Could not create '{path}': No such file or directory (error 2).");
        var node = new Node { Written = Tick() };
        Change(path, node, null);
        return node;
    }

    private void Move(string from, string to)
    {
        if (!_names.TryGetValue(from, out var node) || !_directories.Contains(Path.GetDirectoryName(to)!))
            throw new StorageException($"Could not rename '{from}' to '{to}': No such file or directory (error 2).");
        var added = Change(to, node, null);
        Change(from, null, added);
    }

    private NameChange Change(string path, Node? node, NameChange? requires)
    {
        var change = new NameChange(path, node, requires);
        change.Apply(_names);
        _pending.Add(change);
        return change;
    }

    private DateTimeOffset Tick() => _time = _time.AddSeconds(1);

    /// <summary>Counts a call and fails it when its turn has come; true when a write is to store half before it fails.</summary>
    private void Enter(string operation, string path, Action? half = null)
    {
        if (_crashed)
            throw new SimulatedCrashException();
        Calls++;
        if (Calls == CrashAt)
        {
            _crashed = true;
            half?.Invoke();
            throw new SimulatedCrashException();
        }

        if (Calls != FailAt)
            return;
        if (FailKind is FaultKind.InputOutput or FaultKind.ShortWrite)
            half?.Invoke();
        var reason = FailKind switch
        {
            FaultKind.InputOutput => "Input/output error (error 5)",
            FaultKind.Quota => "Disk quota exceeded (error 122)",
            _ => "No space left on device (error 28)",
        };
        throw new StorageException($"Could not {operation} '{path}': {reason}, injected at call {Calls}.");
    }

    private sealed record NameChange(string Path, Node? Node, NameChange? Requires)
    {
        public string Directory { get; } = System.IO.Path.GetDirectoryName(Path)!;

        public bool Durable { get; set; }

        public void Apply(Dictionary<string, Node> names)
        {
            if (Node is null)
                names.Remove(Path);
            else
                names[Path] = Node;
        }

        public bool Equals(NameChange? other) => ReferenceEquals(this, other);

        public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
    }

    private sealed class Node
    {
        private readonly List<Func<List<byte>, Random?, bool, List<byte>>> _unflushed = [];
        private List<byte> _durable = [];

        public List<byte> Content { get; private set; } = [];

        public DateTimeOffset Written { get; set; }

        public void Reset(List<byte> content)
        {
            Content = content;
            _durable = [.. content];
        }

        public void Write(byte[] bytes)
        {
            Content.AddRange(bytes);
            _unflushed.Add((content, random, zero) =>
            {
                var part = random is null ? bytes : bytes[..random.Next(bytes.Length + 1)];
                content.AddRange(zero ? new byte[part.Length] : part);
                return content;
            });
        }

        public void Truncate(int length)
        {
            Content.RemoveRange(length, Content.Count - length);
            _unflushed.Add((content, _, _) => content.Count > length ? content[..length] : content);
        }

        public void Flush()
        {
            _durable = [.. Content];
            _unflushed.Clear();
        }

        /// <summary>A prefix of what was not flushed; its last write may be torn, and its bytes may be zeros where only the length arrived.</summary>
        public List<byte> AfterCrash(Random random)
        {
            var content = new List<byte>(_durable);
            var kept = random.Next(_unflushed.Count + 1);
            var torn = random.Next(2) == 0;
            var zero = random.Next(3) == 0;
            for (var i = 0; i < kept; i++)
                content = _unflushed[i](content, torn && i == kept - 1 ? random : null, zero);
            return content;
        }
    }

    private sealed class OpenFile(FaultyFileSystem files, string path, Node node) : IDurableFile
    {
        private bool _poisoned;

        public string Path => path;

        public long Length
        {
            get
            {
                lock (files._lock)
                    return node.Content.Count;
            }
        }

        public void Write(ReadOnlySpan<byte> bytes)
        {
            var copy = bytes.ToArray();
            Do("write to", () => node.Write(copy), () => node.Write(copy[..(copy.Length / 2)]));
        }

        public void Flush() => Do("flush", () =>
        {
            if (!files.IgnoreFileFlush)
                node.Flush();
        });

        public void Truncate(long length) => Do("truncate", () => node.Truncate((int)length));

        public void Dispose()
        {
        }

        private void Do(string operation, Action action, Action? half = null)
        {
            lock (files._lock)
            {
                if (_poisoned)
                    throw new StorageException($"The file '{path}' refuses further work because a call failed before. Write it anew.");
                try
                {
                    files.Enter(operation, path, half);
                }
                catch (StorageException)
                {
                    _poisoned = true;
                    throw;
                }

                action();
                node.Written = files.Tick();
            }
        }
    }
}
