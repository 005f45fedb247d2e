using System.Collections.Concurrent;

namespace MlOps.Artifacts;

internal sealed partial class FileArtifactEngine
{
    private readonly ConcurrentDictionary<ArtifactDigest, (long Length, long Written)> _copies = new();

    public async ValueTask<string> GetLocalPathAsync(ArtifactDigest digest, CancellationToken cancellationToken = default)
    {
        var path = PathOf(digest);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                if (!_files.FileExists(path))
                    return await GetLocalCopyAsync(digest, cancellationToken).ConfigureAwait(false);
                var stamp = (_files.FileLength(path), _files.LastWriteTime(path).UtcTicks);
                RefuseLink(path, digest);
                if (!_verified.TryGetValue(digest, out var known) || known != stamp)
                {
                    await VerifyFileAsync(path, digest, cancellationToken).ConfigureAwait(false);
                    Trust(digest, stamp);
                }

                return path;
            }
            catch (FileNotFoundException) when (attempt < 2)
            {
                // Moved by a collection, or evicted, between two calls.
            }
            catch (FileNotFoundException)
            {
                throw NotFound(digest);
            }
        }
    }

    private string LocalPathOf(ArtifactDigest digest) => Path.Combine(_local, digest.Hex);

    /// <summary>
    /// A chunked blob as one file. A copy that is there is verified once per process, so that one that a power cut has torn is made
    /// again; it needs no flush of its own. Several processes may make it at once: the last verified one has the name.
    /// </summary>
    private async ValueTask<string> GetLocalCopyAsync(ArtifactDigest digest, CancellationToken cancellationToken)
    {
        var path = LocalPathOf(digest);
        // The store is asked even when the copy is there: what was collected is not served.
        var stream = OpenVerifying(digest);
        await using (stream.ConfigureAwait(false))
        {
            if (await IsSoundCopyAsync(path, digest, stream.Length, cancellationToken).ConfigureAwait(false))
                return path;
            EnsureDirectory(_local);
            var temporary = NewTemporary();
            try
            {
                using (var file = _files.CreateNew(temporary))
                {
                    var buffer = new byte[BufferBytes];
                    int read;
                    while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
                        file.Write(buffer.AsSpan(0, read));
                }

                _files.Replace(temporary, path);
            }
            catch
            {
                TryDelete(temporary);
                throw;
            }
        }

        TrustCopy(path, digest);
        SweepLocal(_clock.GetUtcNow() - _options.OrphanAge);
        return path;
    }

    private async ValueTask<bool> IsSoundCopyAsync(string path, ArtifactDigest digest, long length, CancellationToken cancellationToken)
    {
        try
        {
            if (_files.IsLink(path) || _files.FileLength(path) != length)
                return false;
            var isTrusted = _copies.TryGetValue(digest, out var known) && known == (length, _files.LastWriteTime(path).UtcTicks);
            // Young, so that it is not evicted while the caller opens it.
            _files.Touch(path);
            if (!isTrusted)
                await VerifyFileAsync(path, digest, cancellationToken).ConfigureAwait(false);
            TrustCopy(path, digest);
            return true;
        }
        catch (Exception exception) when (exception is FileNotFoundException or CorruptDataException)
        {
            return false;
        }
    }

    private void TrustCopy(string path, ArtifactDigest digest)
    {
        if (_copies.Count > MostVerified)
            _copies.Clear();
        _copies[digest] = (_files.FileLength(path), _files.LastWriteTime(path).UtcTicks);
    }

    private async ValueTask VerifyFileAsync(string path, ArtifactDigest digest, CancellationToken cancellationToken)
    {
        var stream = new VerifyingStream(_files.OpenRead(path), digest, path);
        await using (stream.ConfigureAwait(false))
            await stream.CopyToAsync(Stream.Null, BufferBytes, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Evicts the oldest local copies until the rest fits, sparing the young.</summary>
    private void SweepLocal(DateTimeOffset before)
    {
        var copies = new List<(string Path, long Length, DateTimeOffset Used)>();
        var total = 0L;
        foreach (var path in _files.ListFiles(_local))
        {
            try
            {
                copies.Add((path, _files.FileLength(path), _files.LastWriteTime(path)));
                total += copies[^1].Length;
            }
            catch (FileNotFoundException)
            {
                // Evicted by another process.
            }
        }

        foreach (var (path, length, used) in copies.OrderBy(c => c.Used))
        {
            if (total <= _options.LocalCopyBytes || used >= before)
                break;
            TryDelete(path);
            total -= length;
        }
    }
}
