namespace MlOps.Artifacts;

internal sealed partial class FileArtifactEngine
{
    public async ValueTask<(int Blobs, long Bytes)> CollectAsync(
        Func<ArtifactDigest, CancellationToken, ValueTask<bool>> reachable, DateTimeOffset before, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reachable);
        var now = _clock.GetUtcNow();
        // Whatever the caller says of blobs: what a writer is writing is nobody's orphan.
        SweepTemporary(before < now - _options.OrphanAge ? before : now - _options.OrphanAge);
        SweepUploads(now - _options.UploadAge);
        var (blobs, bytes, recipes) = (0, 0L, 0);
        await foreach (var (digest, path, isRecipe) in OldAndUnwantedAsync(reachable, before, cancellationToken).ConfigureAwait(false))
        {
            if (Condemn(path, isRecipe ? NewAsideOf(digest.Hex, RecipeSuffix) : CondemnedPathOf(digest), before) is not { } length)
                continue;
            recipes += isRecipe ? 1 : 0;
            if (isRecipe)
                TryDelete(LocalPathOf(digest));
            blobs++;
            bytes += length;
        }

        // No recipe may come back after a power cut when its packs do not.
        if (recipes > 0)
        {
            _files.FlushDirectory(_recipes);
            _files.FlushDirectory(_condemned);
        }

        bytes += SweepPacks(before, cancellationToken);
        SweepLocal(now - _options.OrphanAge);
        ForgetUsage();
        return (blobs, bytes);
    }

    public async ValueTask<(int Blobs, long Bytes)> CountCollectableAsync(
        Func<ArtifactDigest, CancellationToken, ValueTask<bool>> reachable, DateTimeOffset before, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reachable);
        var (blobs, bytes) = (0, 0L);
        var gone = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var (_, path, isRecipe) in OldAndUnwantedAsync(reachable, before, cancellationToken).ConfigureAwait(false))
        {
            if (LengthOf(path) is not { } length)
                continue;
            if (isRecipe)
                gone.Add(path);
            blobs++;
            bytes += length;
        }

        foreach (var pack in MeasurePacks(before, gone, cancellationToken) ?? [])
            bytes += pack switch { { IsWasteful: false } => 0, { Live: 0 } => pack.Length, _ => pack.Length - pack.Live - PackFormat.Head.Length };
        return (blobs, bytes);
    }

    private async IAsyncEnumerable<(ArtifactDigest Digest, string Path, bool IsRecipe)> OldAndUnwantedAsync(
        Func<ArtifactDigest, CancellationToken, ValueTask<bool>> reachable, DateTimeOffset before,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var (paths, isRecipe) in new[] { (_files.ListFiles(_blobs, recursive: true), false), (_files.ListFiles(_recipes), true) })
        {
            foreach (var path in paths)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if ((isRecipe ? RecipeDigestOf(path) : DigestOf(path)) is { } digest && IsOlder(path, before) && !await reachable(digest, cancellationToken).ConfigureAwait(false))
                    yield return (digest, path, isRecipe);
            }
        }
    }

    /// <summary>
    /// Removes a blob unless a writer has stored it again since its age was read. It is moved aside first, which takes exactly one
    /// version of the file; when that one turns out to be young, it goes back. Readers look aside meanwhile.
    /// </summary>
    private long? Condemn(string path, string aside, DateTimeOffset before)
    {
        if (!MoveAside(path, aside))
            return null;
        if (!IsOlder(aside, before))
        {
            Pardon(aside, path);
            return null;
        }

        var length = LengthOf(aside) ?? 0;
        _files.Delete(aside);
        return length;
    }

    private bool MoveAside(string path, string aside)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                _files.Replace(path, aside);
                return true;
            }
            catch (StorageException) when (!_files.FileExists(path))
            {
                return false;
            }
            catch (StorageException) when (attempt < 3)
            {
                // It was aside and is back: another collection did that between the two calls.
            }
        }
    }

    /// <summary>Puts back what a collection that was killed had moved aside.</summary>
    private void PardonAll()
    {
        foreach (var aside in _files.ListFiles(_condemned))
        {
            var name = Path.GetFileName(aside);
            var isRecipe = name.EndsWith(RecipeSuffix, StringComparison.Ordinal);
            if (ArtifactDigest.TryParse("sha256:" + (isRecipe ? name.Split('.')[0] : name), out var digest))
                Pardon(aside, isRecipe ? RecipePathOf(digest) : PathOf(digest));
            else if (name.Length > 32 && Guid.TryParseExact(name[..32], "N", out var pack))
                Pardon(aside, PackPathOf(pack));
        }
    }

    private void Pardon(string aside, string path)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                EnsureDirectory(Path.GetDirectoryName(path)!);
                _files.Publish(aside, path);
                _files.FlushDirectory(Path.GetDirectoryName(path)!);
                return;
            }
            catch (StorageException) when (!_files.FileExists(aside))
            {
                // Another process has dealt with it.
                return;
            }
            catch (StorageException) when (attempt < 3)
            {
                // It was gone, and another collection has moved the blob aside again between the two calls.
            }
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

    private long? LengthOf(string path)
    {
        try
        {
            return _files.FileLength(path);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
