using System.Collections.Concurrent;

namespace MlOps.Artifacts;

internal sealed partial class FileArtifactEngine
{
    private const int RememberedNames = 100_000;
    private readonly ConcurrentDictionary<ArtifactDigest, DateTimeOffset> _durableNames = new();

    /// <summary>
    /// Whether a blob is there, durably. A name that can be seen may still be lost in a power cut: its writer has not flushed the directory yet,
    /// or that flush failed. Whoever builds on the answer would acknowledge more than the disk holds, so the flush is made up for here.
    /// </summary>
    private bool IsDurablyThere(ArtifactDigest digest)
    {
        var path = PathOf(digest);
        DateTimeOffset written;
        try
        {
            if (!_files.FileExists(path))
                return _files.FileExists(CondemnedPathOf(digest));
            written = _files.LastWriteTime(path);
        }
        catch (FileNotFoundException)
        {
            return _files.FileExists(CondemnedPathOf(digest));
        }

        if (_durableNames.TryGetValue(digest, out var known) && known == written)
            return true;
        _files.FlushDirectory(Path.GetDirectoryName(path)!);
        RememberDurable(digest, written);
        return true;
    }

    private void RememberDurable(ArtifactDigest digest, DateTimeOffset written)
    {
        if (_durableNames.Count >= RememberedNames)
            _durableNames.Clear();
        _durableNames[digest] = written;
    }
}
