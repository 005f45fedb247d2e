using System.Globalization;
using Microsoft.Extensions.Logging;

namespace MlOps.Features;

/// <summary>
/// The durable log of served vectors: one folder per service, files that one process appends frames to (<see cref="SkewFrame"/>), each frame flushed.
/// A file's name begins with the moment at which it was begun.
/// </summary>
internal sealed partial class SkewLog(IFileSystem files, string root, SkewAuditOptions options, TimeProvider clock, ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string Path, long Begun)> _open = new(StringComparer.Ordinal);
    private long _written;
    private long _failed;

    public long Written => Interlocked.Read(ref _written);

    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Appends a batch as one frame and makes it durable.</summary>
    public void Append(ServedBatch batch)
    {
        var count = batch.Count;
        var folder = FolderOf(batch.Schema.Service);
        lock (_gate)
        {
            try
            {
                var path = FileFor(batch.Schema.Service, folder, out var isNew);
                using (var file = files.OpenAppend(path))
                {
                    file.Write(SkewFrame.Write(Enumerable.Range(0, count).Select(row => batch[row]), batch.Schema));
                    file.Flush();
                }

                if (isNew)
                    files.FlushDirectory(folder);
                Interlocked.Add(ref _written, count);
            }
            catch
            {
                // What reached the disk is unknown: the next frame begins a file of its own.
                _open.Remove(batch.Schema.Service);
                Interlocked.Add(ref _failed, count);
                throw;
            }
        }
    }

    /// <summary>Runs what a request or a timer set off: an error is logged, never thrown.</summary>
    public void Try(Action write)
    {
        try
        {
            write();
        }
#pragma warning disable CA1031 // the audit's log must not take down what it observes
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogFailed(logger, root, error);
        }
    }

    /// <summary>Every logged vector of a service in the order of the files; damage is named in the list.</summary>
    public IEnumerable<ServedVector> Read(string service, List<string> damaged)
    {
        foreach (var path in files.ListFiles(FolderOf(service)).Where(IsLog))
        {
            byte[] bytes;
            try
            {
                using var stream = files.OpenRead(path);
                bytes = new byte[stream.Length];
                stream.ReadExactly(bytes);
            }
            catch (Exception error) when (error is FileNotFoundException or EndOfStreamException)
            {
                // Retention in another process, or a file cut short under the read.
                continue;
            }

            var vectors = SkewFrame.Read(bytes, service, out var isDamaged);
            if (isDamaged)
                damaged.Add(path);
            foreach (var vector in vectors)
                yield return vector;
        }
    }

    /// <summary>The services that have a log.</summary>
    public IReadOnlyList<string> Services() =>
        [.. files.ListFiles(root, recursive: true).Where(IsLog).Select(path => Path.GetRelativePath(root, Path.GetDirectoryName(path)!)).Distinct(StringComparer.Ordinal)];

    /// <summary>Removes vectors by rewriting the files that hold one.</summary>
    public int Erase(string service, Func<ServedVector, bool> isErased, CancellationToken cancellationToken)
    {
        var erased = 0;
        var folder = FolderOf(service);
        lock (_gate)
        {
            _open.Remove(service);
            foreach (var path in files.ListFiles(folder).Where(IsLog))
            {
                cancellationToken.ThrowIfCancellationRequested();
                byte[] bytes;
                using (var stream = files.OpenRead(path))
                {
                    bytes = new byte[stream.Length];
                    stream.ReadExactly(bytes);
                }

                var all = SkewFrame.Read(bytes, service, out var isDamaged).ToList();
                var kept = all.Where(vector => !isErased(vector)).ToList();
                // A damaged stretch may hold the key: it goes too.
                if (kept.Count == all.Count && !isDamaged)
                    continue;
                erased += all.Count - kept.Count;
                if (kept.Count == 0)
                {
                    files.Delete(path);
                    continue;
                }

                var temporary = path + ".tmp";
                files.Delete(temporary);
                using (var file = files.CreateNew(temporary))
                {
                    foreach (var group in kept.GroupBy(vector => vector.Schema))
                        file.Write(SkewFrame.Write(group, group.Key));
                    file.Flush();
                }

                files.Replace(temporary, path);
            }

            if (erased > 0)
                files.FlushDirectory(folder);
        }

        return erased;
    }

    private static bool IsLog(string path) => path.EndsWith(".skw", StringComparison.Ordinal);

    private string FileFor(string service, string folder, out bool isNew)
    {
        var now = Timestamp.From(clock.GetUtcNow()).Microseconds;
        isNew = !_open.TryGetValue(service, out var open) || now - open.Begun >= options.FileAge.Ticks / 10
            || !files.FileExists(open.Path) || files.FileLength(open.Path) >= options.FileBytes;
        if (!isNew)
            return open.Path;
        files.CreateDirectory(folder);
        Retire(folder, now);
        var path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, now):D20}-{Guid.NewGuid():N}.skw"));
        _open[service] = (path, now);
        return path;
    }

    private void Retire(string folder, long now)
    {
        var kept = new List<(string Path, long Bytes)>();
        foreach (var path in files.ListFiles(folder))
        {
            var name = Path.GetFileName(path);
            if (!IsLog(path))
            {
                files.Delete(path);
                continue;
            }

            if (name.Length > 20 && long.TryParse(name.AsSpan(0, 20), NumberStyles.None, CultureInfo.InvariantCulture, out var begun)
                && begun + (options.FileAge + options.Retention).Ticks / 10 < now)
                files.Delete(path);
            else
                kept.Add((path, files.FileLength(path)));
        }

        // The list is in order of the names, and so of age.
        var total = kept.Sum(file => file.Bytes);
        foreach (var (path, bytes) in kept)
        {
            if (total + options.FileBytes <= options.LogBytes)
                break;
            files.Delete(path);
            total -= bytes;
        }
    }

    private string FolderOf(string service) => Path.Combine(root, service);

    [LoggerMessage(EventId = 3050, Level = LogLevel.Warning, Message = "Served vectors could not be logged in {Folder}: the skew audit will miss them")]
    private static partial void LogFailed(ILogger logger, string folder, Exception error);
}
