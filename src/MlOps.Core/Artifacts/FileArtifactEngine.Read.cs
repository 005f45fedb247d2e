namespace MlOps.Artifacts;

internal sealed partial class FileArtifactEngine
{
    public ValueTask<Stream> OpenReadAsync(ArtifactDigest digest, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<Stream>(OpenVerifying(digest));
    }

    public async ValueTask<Stream> OpenRangeAsync(ArtifactDigest digest, long offset, long length, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        cancellationToken.ThrowIfCancellationRequested();
        var stream = Open(digest, out var path, verifyChunks: true, (offset, length));
        if (stream is ChunkedStream)
            return stream;
        try
        {
            if (offset > stream.Length - length)
                throw OutOfRange(digest, offset, length, stream.Length);
            var stamp = StampOf(digest);
            if (!_verified.TryGetValue(digest, out var known) || known != stamp)
            {
                var verifying = new VerifyingStream(stream, digest, path);
                await verifying.CopyToAsync(Stream.Null, BufferBytes, cancellationToken).ConfigureAwait(false);
                Trust(digest, stamp);
            }

            stream.Position = offset;
            return new RangeStream(stream, length, path);
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private VerifyingStream OpenVerifying(ArtifactDigest digest) => new(Open(digest, out var path, verifyChunks: false, null), digest, path);

    public async ValueTask<long> VerifyAsync(ArtifactDigest digest, CancellationToken cancellationToken = default)
    {
        try
        {
            var stamp = StampOf(digest);
            if (!_verified.TryGetValue(digest, out var known) || known != stamp)
            {
                await ReadThroughAsync(digest, cancellationToken).ConfigureAwait(false);
                Trust(digest, stamp);
            }

            // The stamp of a whole blob begins with its length.
            if (stamp.Length >= 0 && _files.FileExists(PathOf(digest)))
                return stamp.Length;
            var stream = Open(digest, out _, verifyChunks: false, null);
            await using (stream.ConfigureAwait(false))
                return stream.Length;
        }
        catch (FileNotFoundException)
        {
            throw NotFound(digest);
        }
    }

    private async ValueTask ReadThroughAsync(ArtifactDigest digest, CancellationToken cancellationToken)
    {
        var stream = OpenVerifying(digest);
        await using (stream.ConfigureAwait(false))
            await stream.CopyToAsync(Stream.Null, BufferBytes, cancellationToken).ConfigureAwait(false);
    }

    private Stream Open(ArtifactDigest digest, out string path, bool verifyChunks, (long Offset, long Length)? range)
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            foreach (var aside in (ReadOnlySpan<bool>)[false, true])
            {
                try
                {
                    path = aside ? CondemnedPathOf(digest) : PathOf(digest);
                    RefuseLink(path, digest);
                    return _files.OpenRead(path);
                }
                catch (FileNotFoundException)
                {
                }

                try
                {
                    path = RecipePathOf(digest);
                    if (aside ? !AsideOf(digest.Hex).Any() : !_files.FileExists(path))
                        continue;
                    return OpenChunked(digest, verifyChunks, range);
                }
                catch (NotFoundException)
                {
                    // Moved between the look and the opening.
                }
            }
        }

        throw NotFound(digest);
    }

    private ChunkedStream OpenChunked(ArtifactDigest digest, bool verifyChunks, (long Offset, long Length)? range)
    {
        var stream = new ChunkedStream(() => OpenRecipe(digest), new PackReader(OpenPack), verifyChunks, range?.Offset ?? 0, range?.Length);
        if (range is not { } asked || asked.Offset <= stream.BlobLength - asked.Length)
            return stream;
        stream.Dispose();
        throw OutOfRange(digest, asked.Offset, asked.Length, stream.BlobLength);
    }

    private Recipe OpenRecipe(ArtifactDigest digest)
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            foreach (var path in AsideOf(digest.Hex).Prepend(RecipePathOf(digest)))
            {
                try
                {
                    RefuseLink(path, digest);
                    return Recipe.Open(_files, path, digest);
                }
                catch (FileNotFoundException)
                {
                }
            }
        }

        throw NotFound(digest);
    }

    /// <summary>What changes when any of a blob's files does; lengths and times, summed.</summary>
    private (long Length, long Written) StampOf(ArtifactDigest digest)
    {
        var path = PathOf(digest);
        if (_files.FileExists(path))
            return (_files.FileLength(path), _files.LastWriteTime(path).UtcTicks);
        path = RecipePathOf(digest);
        var (length, written) = (-1L, 0L);
        if (!_files.FileExists(path))
            return (length, written);
        try
        {
            using var recipe = Recipe.Open(_files, path, digest);
            foreach (var file in recipe.Packs.Select(PackPathOf).Prepend(path))
            {
                length += _files.FileLength(file);
                written = unchecked((written * 31) + _files.LastWriteTime(file).UtcTicks);
            }
        }
        catch (FileNotFoundException)
        {
            return (-1, 0);
        }

        return (length, written);
    }

    private void Trust(ArtifactDigest digest, (long Length, long Written) stamp)
    {
        if (stamp.Length < 0)
            return;
        if (_verified.Count > MostVerified)
            _verified.Clear();
        _verified[digest] = stamp;
    }

    private static InvalidInputException OutOfRange(ArtifactDigest digest, long offset, long length, long size) =>
        new($"The range of {length} bytes from byte {offset} is not inside artifact {digest}, which has {size} bytes.");
}
