namespace MlOps.Artifacts;

internal sealed partial class FileArtifactEngine
{
    private const string RecipeSuffix = ".recipe";

    private async ValueTask<(ArtifactDigest Digest, long Length)> PutChunkedAsync(HeadedSource source, CancellationToken cancellationToken)
    {
        if (await TryPutChunkedAsync(source, share: true, cancellationToken).ConfigureAwait(false) is { } stored)
            return stored;
        if (!source.CanRewind)
            throw new StorageException("An artifact was not stored, because a collection removed chunks that it was to share. Store it again; nothing was acknowledged.");
        source.Rewind();
        return await TryPutChunkedAsync(source, share: false, cancellationToken).ConfigureAwait(false)
            ?? throw new StorageException("An artifact was not stored, because its pack was removed from the store's directory. Let nothing else write there, and store it again.");
    }

    /// <summary>Null when a pack that was to be shared has gone.</summary>
    private async ValueTask<(ArtifactDigest Digest, long Length)?> TryPutChunkedAsync(HeadedSource source, bool share, CancellationToken cancellationToken)
    {
        EnsureDirectory(_packs);
        EnsureDirectory(_recipes);
        if (share)
            _index.Refresh();
        var recipePath = NewTemporary(RecipeSuffix);
        var packPath = NewTemporary();
        try
        {
            var room = RoomNow();
            using var write = new ChunkedWrite(
                _files, packPath, new RecipeWriter(_files, recipePath, _chunker.Average), _chunker, share ? _index : null, OpenPack, pack => Protect([pack]),
                bytes =>
                {
                    if (bytes > room)
                        throw QuotaExceeded(bytes);
                });
            var digest = await write.RunAsync(
                source.ReadAsync,
                length =>
                {
                    if (length > _options.MaximumBlobBytes)
                        throw TooLarge();
                },
                cancellationToken).ConfigureAwait(false);
            var length = write.Recipe.Length;
            var whole = _files.FileExists(PathOf(digest));
            // A recipe of shared chunks alone was compared byte by byte just now: it may take the place of any other.
            var known = whole || (write.NewBytes > 0 && _files.FileExists(RecipePathOf(digest)));
            if (known && await TryRefreshAsync(digest, length, cancellationToken).ConfigureAwait(false))
            {
                write.Dispose();
                TryDelete(recipePath);
                TryDelete(packPath);
                return (digest, length);
            }

            // Complete before its pack has a name: a collection that finds the pack finds the recipe that names it.
            write.Recipe.Finish(digest);
            if (write.FlushPack())
            {
                ForgetUsage();
                if (!HasRoom(write.NewBytes))
                    throw QuotaExceeded(write.NewBytes);
                _files.Publish(packPath, PackPathOf(write.Pack));
            }

            if (!SettleRecipe(recipePath, RecipePathOf(digest), write.Recipe.Packs))
            {
                TryDelete(recipePath);
                return null;
            }

            if (whole)
            {
                // It was found damaged, and readers would look there first.
                _files.Delete(PathOf(digest));
                _files.FlushDirectory(Path.GetDirectoryName(PathOf(digest))!);
            }

            CountStored(write.NewBytes + write.Recipe.FileLength);
            _index.Add(RecipePathOf(digest), write.Recipe.Hooks);
            Trust(digest, StampOf(digest));
            return (digest, length);
        }
        catch
        {
            TryDelete(recipePath);
            TryDelete(packPath);
            throw;
        }
    }

    /// <summary>
    /// Publishes a finished recipe. It lies complete in the temporary directory, where collections look too, before its packs are
    /// made young: either a collection sees the recipe, or this sees that a pack has been moved aside, and puts it back.
    /// </summary>
    /// <returns>False when a pack has gone; nothing is published then.</returns>
    private bool SettleRecipe(string temporary, string path, IEnumerable<Guid> packs)
    {
        if (!Protect(packs))
            return false;
        _files.FlushDirectory(_packs);
        _files.Replace(temporary, path);
        _files.FlushDirectory(_recipes);
        return true;
    }

    /// <summary>Makes packs young, putting back those that a collection has moved aside; false when one has gone.</summary>
    private bool Protect(IEnumerable<Guid> packs)
    {
        foreach (var pack in packs)
        {
            if (!Protect(pack))
                return false;
        }

        return true;
    }

    private bool Protect(Guid pack)
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            try
            {
                _files.Touch(PackPathOf(pack));
                return true;
            }
            catch (FileNotFoundException)
            {
                foreach (var aside in AsideOf(pack.ToString("N")))
                    Pardon(aside, PackPathOf(pack));
            }
        }

        return false;
    }

    private (Stream Stream, string Path)? OpenPack(Guid pack)
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            foreach (var path in AsideOf(pack.ToString("N")).Prepend(PackPathOf(pack)))
            {
                try
                {
                    if (_files.IsLink(path))
                        throw new CorruptDataException($"The pack '{path}' is a symbolic link, which the store never makes: remove it, and restore the pack from a backup.");
                    return (_files.OpenRead(path), path);
                }
                catch (FileNotFoundException)
                {
                    // Aside, back again, or gone.
                }
            }
        }

        return null;
    }

    // Lazy: the directory is listed only when the file is not in its place.
    private IEnumerable<string> AsideOf(string name)
    {
        foreach (var path in _files.ListFiles(_condemned))
        {
            if (Path.GetFileName(path) is var found && found.Length > name.Length && found[name.Length] == '.' && found.StartsWith(name, StringComparison.Ordinal))
                yield return path;
        }
    }
}
