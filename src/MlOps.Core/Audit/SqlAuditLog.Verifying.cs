namespace MlOps.Audit;

internal sealed partial class SqlAuditLog
{
    public async ValueTask<long?> VerifyAsync(CancellationToken cancellationToken = default)
    {
        RequireReading();
        var former = "";
        var verified = 0L;
        while (true)
        {
            var page = await PageAsync(verified, PageRows, cancellationToken).ConfigureAwait(false);
            foreach (var record in page)
            {
                if (record.Sequence != verified + 1 || record.Hash != AuditHash.Compute(store.EnvironmentName, former, record.Sequence, record))
                    return record.Sequence;
                former = record.Hash;
                verified = record.Sequence;
            }

            if (page.Count < PageRows)
                return null;
        }
    }

    public async ValueTask<AuditReport> VerifyAsync(AuditVerification verification, CancellationToken cancellationToken = default)
    {
        RequireReading();
        ArgumentNullException.ThrowIfNull(verification);
        var findings = new List<AuditFinding>();
        var checkpoints = await TrustedAsync(verification, findings, cancellationToken).ConfigureAwait(false);
        var roots = checkpoints.Select(checkpoint => checkpoint.Size).ToHashSet().ToDictionary(size => size, _ => (byte[]?)null);
        var walk = new AuditWalk(store.EnvironmentName);
        var tree = new MerkleFrontier();
        if (roots.ContainsKey(0))
            roots[0] = tree.Root();
        long? differs = null;
        var after = long.MinValue;
        var tile = new List<byte[]>(AuditTree.TileWidth);
        while (true)
        {
            var page = await PageAsync(after, PageRows, cancellationToken).ConfigureAwait(false);
            foreach (var record in page)
            {
                walk.Add(record);
                after = record.Sequence;
                var leaf = MerkleHash.Leaf(record.Hash);
                tree.Add(leaf);
                if (roots.ContainsKey(tree.Count))
                    roots[tree.Count] = tree.Root();
                tile.Add(leaf);
                if (tile.Count < AuditTree.TileWidth)
                    continue;
                differs ??= await DifferenceAsync((tree.Count / AuditTree.TileWidth) - 1, tile, cancellationToken).ConfigureAwait(false);
                tile.Clear();
            }

            if (page.Count < PageRows)
                break;
        }

        findings.AddRange(walk.Finish());
        CompareTree(findings, differs, tree.Count);
        CompareCheckpoints(findings, checkpoints, roots, tree.Count);
        return new AuditReport(tree.Count, tree.Root(), checkpoints.Count, [.. findings.OrderBy(finding => finding.First).ThenBy(finding => finding.Kind)]);
    }

    private async ValueTask<List<AuditCheckpoint>> TrustedAsync(AuditVerification verification, List<AuditFinding> findings, CancellationToken cancellationToken)
    {
        var candidates = new List<AuditCheckpoint>(verification.Checkpoints);
        if (verification.Keys.Count > 0)
        {
            foreach (var note in await NotesAsync(cancellationToken).ConfigureAwait(false))
            {
                try
                {
                    candidates.Add(AuditCheckpoint.Parse(note));
                }
                catch (CorruptDataException error)
                {
                    findings.Add(new AuditFinding(AuditFindingKind.UntrustedCheckpoint, 0, 0, "a checkpoint of the store: " + error.Message));
                }
            }
        }

        var trusted = new List<AuditCheckpoint>();
        foreach (var checkpoint in candidates.DistinctBy(checkpoint => checkpoint.Note, StringComparer.Ordinal))
        {
            var why = checkpoint.Origin != AuditCheckpoint.OriginOf(store.EnvironmentName)
                ? $"it is of '{checkpoint.Origin}', not of '{AuditCheckpoint.OriginOf(store.EnvironmentName)}'"
                : verification.Keys.Count > 0 && !checkpoint.IsSignedBy(verification.Keys)
                    ? $"no trusted key signed it (signers: {string.Join(", ", checkpoint.Signers)}; trusted: {string.Join(", ", verification.Keys.Select(key => $"{key.Name} {key.Id}"))})"
                    : null;
            if (why is null)
                trusted.Add(checkpoint);
            else
                findings.Add(new AuditFinding(AuditFindingKind.UntrustedCheckpoint, 1, checkpoint.Size, $"the checkpoint at {checkpoint.Size} is not believed: {why}"));
        }

        return [.. trusted.OrderBy(checkpoint => checkpoint.Size)];
    }

    /// <summary>The first record whose hash is not the one that the stored tree was made of.</summary>
    private async ValueTask<long?> DifferenceAsync(long tile, List<byte[]> leaves, CancellationToken cancellationToken)
    {
        var stored = await _area.ReadAsync(
            (session, _) => session.FirstOrDefaultAsync("SELECT hashes, root FROM audit_tile WHERE level = 0 AND tile = @tile",
                row => (Hashes: row.GetFieldValue<byte[]>(0), Root: row.GetFieldValue<byte[]>(1)), ("@tile", tile)), cancellationToken).ConfigureAwait(false);
        if (stored.Hashes is null)
            return null;
        for (var i = 0; i < leaves.Count; i++)
        {
            if (stored.Hashes.Length < (i + 1) * MerkleHash.Size || !stored.Hashes.AsSpan(i * MerkleHash.Size, MerkleHash.Size).SequenceEqual(leaves[i]))
                return (tile * AuditTree.TileWidth) + i + 1;
        }

        return MerkleHash.Root([.. leaves]).AsSpan().SequenceEqual(stored.Root) ? null : (tile + 1) * AuditTree.TileWidth;
    }

    private static void CompareTree(List<AuditFinding> findings, long? differs, long count)
    {
        if (differs is not { } first || findings.Any(finding => finding.Kind is AuditFindingKind.Deleted or AuditFindingKind.Inserted or AuditFindingKind.Reordered))
            return;
        // A record that was changed together with its hash fits; the one after it does not, although it is as it was.
        var next = findings.FindIndex(finding => finding.Kind == AuditFindingKind.Edited && finding.First == first + 1 && finding.Last == first + 1);
        if (next >= 0)
            findings[next] = new AuditFinding(AuditFindingKind.Edited, first, first, "the record and its hash were changed: the tree holds another hash for it");
        else if (!findings.Any(finding => finding.Kind == AuditFindingKind.Edited && finding.First <= first && finding.Last >= first))
            findings.Add(new AuditFinding(AuditFindingKind.TreeDamaged, first, count, "the stored tree holds another hash here: either it was changed, or the records from here on were written anew"));
    }

    private static void CompareCheckpoints(List<AuditFinding> findings, List<AuditCheckpoint> checkpoints, Dictionary<long, byte[]?> roots, long count)
    {
        var fitting = 0L;
        foreach (var checkpoint in checkpoints)
        {
            if (roots[checkpoint.Size] is not { } root)
                findings.Add(new AuditFinding(AuditFindingKind.Truncated, count + 1, checkpoint.Size, $"a checkpoint stands for {checkpoint.Size} records, of which {count} are left"));
            else if (checkpoint.Root.Span.SequenceEqual(root))
                fitting = Math.Max(fitting, checkpoint.Size);
        }

        var former = 0L;
        foreach (var checkpoint in checkpoints)
        {
            if (roots[checkpoint.Size] is not { } root)
                continue;
            if (checkpoint.Root.Span.SequenceEqual(root))
            {
                former = Math.Max(former, checkpoint.Size);
                continue;
            }

            // The records fit one another: they were written anew. A later checkpoint over them means that both forms were signed.
            if (fitting >= checkpoint.Size)
                findings.Add(new AuditFinding(AuditFindingKind.Forked, former + 1, checkpoint.Size, $"the checkpoint at {checkpoint.Size} contradicts the one at {fitting}: both were signed over different records"));
            else if (!findings.Any(IsOfRecords))
                findings.Add(new AuditFinding(AuditFindingKind.Rewritten, former + 1, checkpoint.Size, $"the records do not give the root of the checkpoint at {checkpoint.Size}"));
        }

        bool IsOfRecords(AuditFinding finding) => finding.Kind is AuditFindingKind.Edited or AuditFindingKind.Deleted or AuditFindingKind.Inserted
            or AuditFindingKind.Reordered or AuditFindingKind.Rewritten or AuditFindingKind.Truncated;
    }
}
