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
    private bool IsDurablyThere(ArtifactDigest digest) => IsDurablyThere(digest, PathOf(digest)) || IsDurablyThere(digest, RecipePathOf(digest));

    private bool IsDurablyThere(ArtifactDigest digest, string path)
    {
        try
        {
            if (!_files.FileExists(path))
                return false;
            var written = _files.LastWriteTime(path);
            if (!_durableNames.TryGetValue(digest, out var known) || known != written)
            {
                // The packs of a recipe were made durable before its own name.
                _files.FlushDirectory(Path.GetDirectoryName(path)!);
                RememberDurable(digest, written);
            }

            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    private void RememberDurable(ArtifactDigest digest, DateTimeOffset written)
    {
        if (_durableNames.Count >= RememberedNames)
            _durableNames.Clear();
        _durableNames[digest] = written;
    }
}
