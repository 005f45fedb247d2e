using MlOps.Audit;

namespace MlOps;

/// <summary>
/// Checks proofs of an audit trail without its store. The tree is that of RFC 6962 section 2.1 and RFC 9162 section 2.1 with SHA-256:
/// leaves are hashed with the prefix 0x00, nodes with 0x01. The data of a leaf are the 32 bytes of a record's hash.
/// </summary>
public static class AuditProof
{
    /// <summary>Whether a record is part of the trail that a checkpoint stands for.</summary>
    /// <param name="environment">The environment of the trail.</param>
    /// <param name="record">The record as it is claimed to be; its own hash is not believed but computed.</param>
    /// <param name="inclusion">The proof.</param>
    /// <param name="checkpoint">The checkpoint; check its signature first.</param>
    /// <returns>True when the record stands at its sequence in that trail.</returns>
    public static bool VerifyInclusion(string environment, AuditRecord record, AuditInclusion inclusion, AuditCheckpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(inclusion);
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (record.Sequence != inclusion.Sequence || checkpoint.Size != inclusion.Size || checkpoint.Origin != AuditCheckpoint.OriginOf(environment))
            return false;
        var hash = AuditHash.Compute(EnvironmentNames.Normalise(environment), inclusion.FormerHash, record.Sequence, record);
        return VerifyInclusion(MerkleHash.Leaf(hash), record.Sequence - 1, inclusion.Size, inclusion.Path, checkpoint.Root.Span);
    }

    /// <summary>Whether a leaf is part of a tree: RFC 9162 section 2.1.3.2.</summary>
    /// <param name="leafHash">The leaf's hash: SHA-256 over 0x00 and its data.</param>
    /// <param name="index">Its place from 0.</param>
    /// <param name="size">The number of leaves.</param>
    /// <param name="path">The hashes of the siblings, the lowest first.</param>
    /// <param name="root">The tree's root.</param>
    /// <returns>True when it is.</returns>
    public static bool VerifyInclusion(ReadOnlySpan<byte> leafHash, long index, long size, IReadOnlyList<ReadOnlyMemory<byte>> path, ReadOnlySpan<byte> root)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (index < 0 || index >= size || leafHash.Length != MerkleHash.Size || path.Any(hash => hash.Length != MerkleHash.Size))
            return false;
        var (at, last) = (index, size - 1);
        var hash = leafHash.ToArray();
        foreach (var sibling in path)
        {
            if (last == 0)
                return false;
            if ((at & 1) == 1 || at == last)
            {
                hash = MerkleHash.Node(sibling.Span, hash);
                while ((at & 1) == 0 && at != 0)
                    (at, last) = (at >> 1, last >> 1);
            }
            else
            {
                hash = MerkleHash.Node(hash, sibling.Span);
            }

            (at, last) = (at >> 1, last >> 1);
        }

        return last == 0 && root.SequenceEqual(hash);
    }

    /// <summary>Whether the trail of one checkpoint is the beginning of that of another.</summary>
    /// <param name="first">The earlier checkpoint.</param>
    /// <param name="second">The later checkpoint.</param>
    /// <param name="consistency">The proof between their sizes.</param>
    /// <returns>True when nothing before was changed.</returns>
    public static bool VerifyConsistency(AuditCheckpoint first, AuditCheckpoint second, AuditConsistency consistency)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentNullException.ThrowIfNull(consistency);
        return first.Origin == second.Origin && first.Size == consistency.FirstSize && second.Size == consistency.SecondSize &&
            VerifyConsistency(first.Size, second.Size, consistency.Path, first.Root.Span, second.Root.Span);
    }

    /// <summary>Whether one tree is the beginning of another: RFC 9162 section 2.1.4.2.</summary>
    /// <param name="first">The number of leaves of the earlier tree.</param>
    /// <param name="second">The number of leaves of the later tree.</param>
    /// <param name="path">The proof.</param>
    /// <param name="firstRoot">The root of the earlier tree.</param>
    /// <param name="secondRoot">The root of the later tree.</param>
    /// <returns>True when it is.</returns>
    public static bool VerifyConsistency(
        long first, long second, IReadOnlyList<ReadOnlyMemory<byte>> path, ReadOnlySpan<byte> firstRoot, ReadOnlySpan<byte> secondRoot)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (first < 0 || second < first || path.Any(hash => hash.Length != MerkleHash.Size))
            return false;
        if (first == second)
            return path.Count == 0 && firstRoot.SequenceEqual(secondRoot) && (first > 0 || firstRoot.SequenceEqual(MerkleHash.Root([])));
        if (first == 0)
            return path.Count == 0 && firstRoot.SequenceEqual(MerkleHash.Root([]));
        var hashes = new Queue<byte[]>(path.Select(hash => hash.ToArray()));
        if (long.IsPow2(first))
            hashes = new Queue<byte[]>(hashes.Prepend(firstRoot.ToArray()));
        if (hashes.Count == 0)
            return false;
        var (at, last) = (first - 1, second - 1);
        while ((at & 1) == 1)
            (at, last) = (at >> 1, last >> 1);
        var (former, later) = (hashes.Peek(), hashes.Dequeue());
        foreach (var hash in hashes)
        {
            if (last == 0)
                return false;
            if ((at & 1) == 1 || at == last)
            {
                (former, later) = (MerkleHash.Node(hash, former), MerkleHash.Node(hash, later));
                while ((at & 1) == 0 && at != 0)
                    (at, last) = (at >> 1, last >> 1);
            }
            else
            {
                later = MerkleHash.Node(later, hash);
            }

            (at, last) = (at >> 1, last >> 1);
        }

        return last == 0 && firstRoot.SequenceEqual(former) && secondRoot.SequenceEqual(later);
    }
}
