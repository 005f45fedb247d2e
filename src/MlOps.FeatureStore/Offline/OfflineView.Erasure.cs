namespace MlOps.Features;

internal sealed partial class OfflineView
{
    /// <summary>
    /// Forgets an entity's rows up to now. A durable mark hides them at once, at every moment; then the segments that hold them are written anew without
    /// them. The mark, a hash of the key, goes when no segment holds them, so that a crash between is made good by the next call or merge.
    /// </summary>
    public async ValueTask<bool> EraseAsync(string[] key, CancellationToken cancellationToken)
    {
        if (KeyBytes.Of(key) is not { } bytes)
            return false;
        var mark = Erasures.HashOf(bytes);
        var commit = await MarkAsync(mark, cancellationToken).ConfigureAwait(false);
        var wasThere = false;
        await _compaction.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (await FindHolderAsync(bytes, commit, cancellationToken).ConfigureAwait(false) is { } holder)
            {
                wasThere = true;
                await MergeAsync([holder], cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _compaction.Release();
        }

        // What crashes left behind may hold the key too.
        await SweepAsync(cancellationToken).ConfigureAwait(false);
        // A power cut must not bring the names back.
        _context.Files.FlushDirectory(_directory);
        await _area.WriteAsync(
            async (session, _) => await session.ExecuteAsync(
                "DELETE FROM features_erasures WHERE view_id = @view AND key_hash = @hash AND commit_number <= @commit", ("view", _id), ("hash", mark), ("commit", commit)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        LogErased(_logger, _id);
        return wasThere;
    }

    /// <summary>Hides an entity's rows up to now, durably, at every moment; <see cref="EraseAsync"/> removes them.</summary>
    public async ValueTask HideAsync(string[] key, CancellationToken cancellationToken)
    {
        if (KeyBytes.Of(key) is { } bytes)
            await MarkAsync(Erasures.HashOf(bytes), cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<long> MarkAsync(string mark, CancellationToken cancellationToken) =>
        _area.WriteAsync(
            async (session, _) =>
            {
                var commit = await session.ScalarAsync("SELECT MAX(commit_number) FROM features_batches WHERE view_id = @view", ("view", _id)).ConfigureAwait(false) ?? 0;
                await session.ExecuteAsync(
                    """
                    INSERT INTO features_erasures (view_id, key_hash, commit_number, erased_at) VALUES (@view, @hash, @commit, @now)
                    ON CONFLICT (view_id, key_hash) DO UPDATE SET commit_number = excluded.commit_number, erased_at = excluded.erased_at
                    """,
                    ("view", _id), ("hash", mark), ("commit", commit), ("now", Now)).ConfigureAwait(false);
                return commit;
            },
            cancellationToken);

    private async ValueTask<ManifestRow?> FindHolderAsync(byte[] key, long commit, CancellationToken cancellationToken)
    {
        var manifest = await ManifestAsync(null, cancellationToken).ConfigureAwait(false);
        using var snapshot = await OpenAsync(cancellationToken).ConfigureAwait(false);
        var hash = KeyBytes.Hash(key);
        foreach (var segment in snapshot.Segments)
        {
            if (segment.Commit > commit || segment.Reader.Find(key, hash) < 0)
                continue;
            var row = manifest.Rows.Find(row => row.Id == segment.Id);
            // Another process may have merged it meanwhile, which the next look shows.
            return row == default ? await FindHolderAsync(key, commit, cancellationToken).ConfigureAwait(false) : row;
        }

        return null;
    }

    private async ValueTask<Erasures> ErasuresAsync(IMetadataSession session)
    {
        var marks = await session.QueryAsync(
            "SELECT key_hash, commit_number FROM features_erasures WHERE view_id = @view", row => (Hash: row.GetString(0), Commit: row.GetInt64(1)), ("view", _id)).ConfigureAwait(false);
        return marks.Count == 0 ? Erasures.None : new Erasures(marks.ToDictionary(mark => mark.Hash, mark => mark.Commit, StringComparer.Ordinal));
    }
}
