namespace MlOps.Artifacts;

internal sealed partial class FileArtifactEngine
{
    public async ValueTask<(int Blobs, long Bytes)> CollectAsync(
        Func<ArtifactDigest, CancellationToken, ValueTask<bool>> reachable, DateTimeOffset before, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reachable);
        SweepTemporary(before);
        var blobs = 0;
        var bytes = 0L;
        foreach (var path in _files.ListFiles(_blobs, recursive: true))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (DigestOf(path) is not { } digest || !IsOlder(path, before) || await reachable(digest, cancellationToken).ConfigureAwait(false))
                continue;
            if (Condemn(digest, path, before) is not { } length)
                continue;
            blobs++;
            bytes += length;
        }

        return (blobs, bytes);
    }

    /// <summary>
    /// Removes a blob unless a writer has stored it again since its age was read. It is moved aside first, which takes exactly one
    /// version of the file; when that one turns out to be young, it goes back. Readers look aside meanwhile.
    /// </summary>
    private long? Condemn(ArtifactDigest digest, string path, DateTimeOffset before)
    {
        var aside = CondemnedPathOf(digest);
        try
        {
            _files.Replace(path, aside);
        }
        catch (StorageException) when (!_files.FileExists(path))
        {
            return null;
        }

        if (!IsOlder(aside, before))
        {
            Pardon(aside, path);
            return null;
        }

        var length = _files.FileExists(aside) ? _files.FileLength(aside) : 0;
        _files.Delete(aside);
        return length;
    }

    /// <summary>Puts back what a collection that was killed had moved aside.</summary>
    private void PardonAll()
    {
        foreach (var aside in _files.ListFiles(_condemned))
        {
            if (ArtifactDigest.TryParse("sha256:" + Path.GetFileName(aside), out var digest))
                Pardon(aside, PathOf(digest));
        }
    }

    private void Pardon(string aside, string path)
    {
        try
        {
            EnsureDirectory(Path.GetDirectoryName(path)!);
            _files.Publish(aside, path);
            _files.FlushDirectory(Path.GetDirectoryName(path)!);
        }
        catch (StorageException) when (!_files.FileExists(aside))
        {
            // Another process has dealt with it.
        }
    }

    private void SweepTemporary(DateTimeOffset before)
    {
        foreach (var path in _files.ListFiles(_temporary))
        {
            if (IsOlder(path, before))
                TryDelete(path);
        }
    }

    private bool IsOlder(string path, DateTimeOffset before)
    {
        try
        {
            return _files.LastWriteTime(path) < before;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }
}
