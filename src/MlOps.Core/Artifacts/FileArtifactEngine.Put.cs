using System.Security.Cryptography;

namespace MlOps.Artifacts;

internal sealed partial class FileArtifactEngine
{
    public async ValueTask<ArtifactRef> PutAsync(Stream content, string mediaType, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentException.ThrowIfNullOrEmpty(mediaType);
        long? declared = content.CanSeek ? content.Length - content.Position : null;
        if (declared > _options.MaximumBlobBytes)
            throw TooLarge();
        if (declared is { } length && !HasRoom(length))
        {
            return await FindStoredAsync(content, length, cancellationToken).ConfigureAwait(false) is { } stored
                ? new ArtifactRef(stored.ToString(), length, mediaType)
                : throw QuotaExceeded(length);
        }

        using var source = new HeadedSource(content);
        var (digest, size) = await source.FillAsync(Math.Min(_options.ChunkThresholdBytes, _options.MaximumBlobBytes), cancellationToken).ConfigureAwait(false)
            ? await PutWholeAsync(source, cancellationToken).ConfigureAwait(false)
            : await PutChunkedAsync(source, cancellationToken).ConfigureAwait(false);
        return new ArtifactRef(digest.ToString(), size, mediaType);
    }

    private async ValueTask<(ArtifactDigest Digest, long Length)> PutWholeAsync(HeadedSource source, CancellationToken cancellationToken)
    {
        var digest = source.Digest();
        if (await TryRefreshAsync(digest, source.HeadLength, cancellationToken).ConfigureAwait(false))
            return (digest, source.HeadLength);
        if (!HasRoom(source.HeadLength))
            throw QuotaExceeded(source.HeadLength);
        var temporary = NewTemporary();
        try
        {
            using (var file = _files.CreateNew(temporary))
            {
                foreach (var part in source.Head)
                    file.Write(part.Span);
                file.Flush();
            }

            var path = PathOf(digest);
            var directory = Path.GetDirectoryName(path)!;
            var written = _files.LastWriteTime(temporary);
            EnsureDirectory(directory);
            Settle(temporary, path);
            _files.FlushDirectory(directory);
            RememberDurable(digest, written);
            Trust(digest, (source.HeadLength, written.UtcTicks));
            CountStored(source.HeadLength);
            return (digest, source.HeadLength);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }
    }

    /// <summary>
    /// Whether the blob is stored and sound; then it is young again for collection, and its name durable. Its bytes are read unless
    /// this process has verified them since they last changed.
    /// </summary>
    private async ValueTask<bool> TryRefreshAsync(ArtifactDigest digest, long length, CancellationToken cancellationToken)
    {
        try
        {
            var path = PathOf(digest);
            var whole = _files.FileExists(path);
            if (!whole)
            {
                path = RecipePathOf(digest);
                if (!_files.FileExists(path))
                    return false;
            }

            if (_files.IsLink(path) || (whole && _files.FileLength(path) != length))
                return false;
            var trusted = _verified.TryGetValue(digest, out var known) && known == StampOf(digest);
            if (!whole)
            {
                using var recipe = Recipe.Open(_files, path, digest);
                if (recipe.Length != length || !Protect(recipe.Packs))
                    return false;
            }

            // First young, then verified: what a collection has moved aside before that is not found here any more.
            _files.Touch(path);
            var stamp = StampOf(digest);
            if (!trusted)
                await ReadThroughAsync(digest, cancellationToken).ConfigureAwait(false);
            if (!whole)
                _files.FlushDirectory(_packs);
            _files.FlushDirectory(Path.GetDirectoryName(path)!);
            if (!_files.FileExists(path))
                return false;
            Trust(digest, stamp);
            return true;
        }
        catch (Exception exception) when (exception is FileNotFoundException or NotFoundException or CorruptDataException or StorageException)
        {
            return false;
        }
    }

    /// <summary>The digest of a seekable stream's bytes when they are stored already; the stream is where it was otherwise.</summary>
    private async ValueTask<ArtifactDigest?> FindStoredAsync(Stream content, long length, CancellationToken cancellationToken)
    {
        var start = content.Position;
        var digest = ArtifactDigest.FromHash(await SHA256.HashDataAsync(content, cancellationToken).ConfigureAwait(false));
        if (await TryRefreshAsync(digest, length, cancellationToken).ConfigureAwait(false))
            return digest;
        content.Position = start;
        return null;
    }

    /// <summary>Names the finished file, over one that is damaged or was stored a moment ago by somebody else.</summary>
    private void Settle(string temporary, string path)
    {
        try
        {
            _files.Replace(temporary, path);
        }
        catch (StorageException) when (OperatingSystem.IsWindows() && _files.FileExists(path))
        {
            // Open elsewhere without sharing: the bytes that are there serve.
            _files.Delete(temporary);
        }
    }

    private InvalidInputException TooLarge() => new(
        $"An artifact has more than {_options.MaximumBlobBytes} bytes, the largest size that this store accepts (FileArtifactOptions.MaximumBlobBytes).");
}
