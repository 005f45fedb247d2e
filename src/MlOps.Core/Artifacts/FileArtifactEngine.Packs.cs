namespace MlOps.Artifacts;

internal sealed partial class FileArtifactEngine
{
    /// <summary>Removes packs that no recipe names, and rewrites those of which recipes need less than half.</summary>
    /// <returns>Bytes freed.</returns>
    private long SweepPacks(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var freed = 0L;
        var condemned = new List<PackUse>();
        foreach (var pack in MeasurePacks(before, null, cancellationToken) ?? [])
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!pack.IsWasteful)
                continue;
            if (pack.Live > 0)
            {
                if (RewritePack(pack.Pack, cancellationToken) is not { } written)
                    continue;
                freed -= written;
            }

            condemned.Add(pack);
        }

        return freed + CondemnPacks(condemned, before);
    }

    /// <summary>
    /// Moves packs aside, then looks which of them a recipe names, finished or about to be: those go back. A writer makes its recipe
    /// complete before it makes sure of its packs, so of the two, one sees the other.
    /// </summary>
    private long CondemnPacks(List<PackUse> packs, DateTimeOffset before)
    {
        var aside = new List<(Guid Pack, string Path)>();
        foreach (var pack in packs)
        {
            var path = NewAsideOf(pack.Pack.ToString("N"));
            if (!MoveAside(PackPathOf(pack.Pack), path))
                continue;
            if (IsOlder(path, before))
                aside.Add((pack.Pack, path));
            else
                Pardon(path, PackPathOf(pack.Pack));
        }

        if (aside.Count == 0)
            return 0;
        var named = NamedPacks([.. aside.Select(a => a.Pack)]);
        var freed = 0L;
        foreach (var (pack, path) in aside)
        {
            if (named is null || named.Contains(pack))
            {
                Pardon(path, PackPathOf(pack));
                continue;
            }

            freed += LengthOf(path) ?? 0;
            _files.Delete(path);
        }

        return freed;
    }

    /// <summary>Which of the packs a recipe names; null when a published recipe cannot be read, and so may name any.</summary>
    private HashSet<Guid>? NamedPacks(HashSet<Guid> asked)
    {
        var named = new HashSet<Guid>();
        var sound = ForEachRecipe(null, recipe =>
        {
            foreach (var pack in recipe.Packs)
            {
                if (asked.Contains(pack))
                    named.Add(pack);
            }
        });
        return sound ? named : null;
    }

    /// <summary>Which bytes of each old pack recipes need; null when a published recipe cannot be read.</summary>
    private List<PackUse>? MeasurePacks(DateTimeOffset before, HashSet<string>? without, CancellationToken cancellationToken)
    {
        var packs = new Dictionary<Guid, PackUse>();
        foreach (var path in _files.ListFiles(_packs))
        {
            if (Guid.TryParseExact(Path.GetFileName(path), "N", out var pack) && IsOlder(path, before) && LengthOf(path) is { } length)
                packs.Add(pack, new PackUse(pack, length));
        }

        if (packs.Count == 0)
            return [];
        var sound = ForEachRecipe(without, recipe =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!recipe.Packs.Any(packs.ContainsKey))
                return;
            for (var segment = 0; segment < recipe.Segments; segment++)
            {
                foreach (var entry in recipe.Segment(segment).Entries)
                {
                    if (packs.TryGetValue(entry.Pack, out var use))
                        use.Mark(entry.Offset, entry.Length);
                }
            }
        });
        return sound ? [.. packs.Values] : null;
    }

    /// <summary>Visits every recipe: those about to be published, published, and aside; published again, for one that went back meanwhile.</summary>
    /// <returns>False when a published one is damaged.</returns>
    private bool ForEachRecipe(HashSet<string>? without, Action<Recipe> visit)
    {
        var sound = true;
        var missed = new HashSet<string>(StringComparer.Ordinal);
        Visit(_files.ListFiles(_temporary), isPublished: false);
        var first = _files.ListFiles(_recipes);
        Visit(first, isPublished: true);
        Visit(_files.ListFiles(_condemned), isPublished: false);
        Visit([.. _files.ListFiles(_recipes).Except(first.Except(missed, StringComparer.Ordinal), StringComparer.Ordinal)], isPublished: true);
        return sound;

        void Visit(IEnumerable<string> paths, bool isPublished)
        {
            foreach (var path in paths)
            {
                if ((!isPublished && !path.EndsWith(RecipeSuffix, StringComparison.Ordinal)) || without?.Contains(path) == true)
                    continue;
                try
                {
                    using var recipe = Recipe.Open(_files, path, null);
                    visit(recipe);
                }
                catch (FileNotFoundException)
                {
                    // Published, put back, or removed: the later lists have it if it is there.
                    missed.Add(path);
                }
                catch (CorruptDataException)
                {
                    // One that is not finished yet has not made sure of its packs either.
                    sound &= !isPublished;
                }
            }
        }
    }

    /// <summary>Copies what recipes need of a pack into a new one and makes them name that; null when it cannot be done now.</summary>
    /// <returns>The bytes of the new pack.</returns>
    private long? RewritePack(Guid old, CancellationToken cancellationToken)
    {
        var recipes = new List<string>();
        var live = new SortedDictionary<long, ChunkEntry>();
        foreach (var path in _files.ListFiles(_recipes))
        {
            if (!Gather(path, old, live))
                continue;
            recipes.Add(path);
        }

        var moved = new Dictionary<long, long>();
        var pack = Guid.NewGuid();
        var temporary = NewTemporary();
        try
        {
            long written;
            using (var reader = new PackReader(OpenPack))
            using (var file = _files.CreateNew(temporary))
            {
                file.Write(PackFormat.Head);
                foreach (var (offset, entry) in live)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var bytes = new byte[entry.Length];
                    // Damage is not to be carried on under a new name.
                    if (reader.TryRead(old, offset, bytes) is not { } result || result.Read != bytes.Length || ChunkKey.Of(bytes) != entry.Key)
                    {
                        file.Dispose();
                        TryDelete(temporary);
                        return null;
                    }

                    moved[offset] = file.Length;
                    file.Write(bytes);
                }

                file.Flush();
                written = file.Length;
            }

            _files.Publish(temporary, PackPathOf(pack));
            _files.FlushDirectory(_packs);
            foreach (var path in recipes)
                RewriteRecipe(path, old, pack, moved);
            return written;
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }
    }

    private bool Gather(string path, Guid pack, SortedDictionary<long, ChunkEntry> live)
    {
        try
        {
            using var recipe = Recipe.Open(_files, path, null);
            if (!recipe.Packs.Contains(pack))
                return false;
            for (var segment = 0; segment < recipe.Segments; segment++)
            {
                foreach (var entry in recipe.Segment(segment).Entries)
                {
                    if (entry.Pack == pack)
                        live[entry.Offset] = entry;
                }
            }

            return true;
        }
        catch (Exception exception) when (exception is FileNotFoundException or CorruptDataException)
        {
            return false;
        }
    }

    /// <summary>
    /// Puts a recipe in another's place, unless that has changed since it was read: it is moved aside, which takes one version, compared,
    /// and only then followed by the new one. Where anything is in the way, the old recipe and with it the old pack stay.
    /// </summary>
    private void RewriteRecipe(string path, Guid old, Guid pack, Dictionary<long, long> moved)
    {
        var temporary = NewTemporary(RecipeSuffix);
        try
        {
            var written = _files.LastWriteTime(path);
            ArtifactDigest digest;
            using (var recipe = Recipe.Open(_files, path, RecipeDigestOf(path)))
            using (var writer = new RecipeWriter(_files, temporary, _chunker.Average))
            {
                digest = recipe.Digest;
                for (var segment = 0; segment < recipe.Segments; segment++)
                {
                    foreach (var entry in recipe.Segment(segment).Entries)
                    {
                        if (entry.Pack != old)
                            writer.Add(entry);
                        else if (moved.TryGetValue(entry.Offset, out var offset))
                            writer.Add(entry with { Pack = pack, Offset = offset });
                        else
                            throw new FileNotFoundException("The recipe has changed.", path);
                    }
                }

                writer.Finish(digest);
                if (!Protect(writer.Packs))
                    throw new FileNotFoundException("A pack has gone.", path);
            }

            var aside = NewAsideOf(digest.Hex, RecipeSuffix);
            if (!MoveAside(path, aside))
                throw new FileNotFoundException("The recipe has gone.", path);
            try
            {
                if (_files.LastWriteTime(aside) == written)
                {
                    _files.Publish(temporary, path);
                    _files.FlushDirectory(_recipes);
                    _files.Delete(aside);
                }
            }
            finally
            {
                // Gone when all went well; where a recipe has the name again, that one stays.
                Pardon(aside, path);
            }
        }
        catch (Exception exception) when (exception is FileNotFoundException or CorruptDataException)
        {
            // The recipe names the old pack still, which keeps it.
        }
        finally
        {
            TryDelete(temporary);
        }
    }

    /// <summary>Which chunks of a pack are needed, by a bit for every 4 KiB: chunks begin at least that far apart.</summary>
    private sealed class PackUse(Guid pack, long length)
    {
        private const int Shift = 12;
        private readonly System.Collections.BitArray _starts = new(checked((int)(length >> Shift) + 1));

        public Guid Pack => pack;

        public long Length => length;

        public long Live { get; private set; }

        public bool IsWasteful => Live * 2 < length;

        public void Mark(long offset, int chunkLength)
        {
            var at = (int)(offset >> Shift);
            if (at < 0 || at >= _starts.Length || _starts[at])
                return;
            _starts[at] = true;
            Live += chunkLength;
        }
    }
}
