using System.Numerics;

namespace MlOps.Audit;

/// <summary>
/// The Merkle tree over the records of one snapshot. Complete tiles of 256 hashes are rows; what is not stored (the right edge, and the
/// tiles of a store written by a former version) is computed from the level below. Valid inside one session.
/// </summary>
internal sealed class AuditTree(IMetadataSession session, long size)
{
    public const int TileWidth = 256;
    private const int TileHeight = 8;
    private readonly Dictionary<(int Level, long Index), byte[][]> _tiles = [];

    /// <summary>The root over the first records.</summary>
    public ValueTask<byte[]> RootAsync(long count) => HashAsync(0, count);

    /// <summary>RFC 6962 section 2.1.1: the path of one leaf within the first <paramref name="count"/>.</summary>
    public async ValueTask<List<byte[]>> InclusionAsync(long leaf, long count)
    {
        var path = new List<byte[]>();
        var (low, high) = (0L, count);
        while (high - low > 1)
        {
            var middle = low + MerkleHash.Split(high - low);
            var isLeft = leaf < middle;
            path.Add(isLeft ? await HashAsync(middle, high).ConfigureAwait(false) : await HashAsync(low, middle).ConfigureAwait(false));
            (low, high) = isLeft ? (low, middle) : (middle, high);
        }

        path.Reverse();
        return path;
    }

    /// <summary>RFC 6962 section 2.1.2: that the tree of <paramref name="first"/> leaves is a prefix of that of <paramref name="second"/>.</summary>
    public async ValueTask<List<byte[]>> ConsistencyAsync(long first, long second)
    {
        var path = new List<byte[]>();
        if (first == 0 || first == second)
            return path;
        var (low, high, isRoot) = (0L, second, true);
        while (first != high)
        {
            var middle = low + MerkleHash.Split(high - low);
            if (first <= middle)
            {
                path.Add(await HashAsync(middle, high).ConfigureAwait(false));
                high = middle;
            }
            else
            {
                path.Add(await HashAsync(low, middle).ConfigureAwait(false));
                (low, isRoot) = (middle, false);
            }
        }

        if (!isRoot)
            path.Add(await HashAsync(low, high).ConfigureAwait(false));
        path.Reverse();
        return path;
    }

    /// <summary>Stores the complete tiles that are not stored yet, of every level, the lowest first.</summary>
    /// <param name="most">At most so many of the lowest level, so that one append never pays for the whole trail of a former version.</param>
    public async ValueTask StoreTilesAsync(long most)
    {
        for (var (level, width) = (0, (long)TileWidth); size / width > 0; (level, width) = (level + 1, width * TileWidth))
        {
            var stored = await session.ScalarAsync("SELECT MAX(tile) FROM audit_tile WHERE level = @level", ("@level", level)).ConfigureAwait(false) + 1 ?? 0;
            var below = level == 0 ? size : await session.ScalarAsync("SELECT MAX(tile) FROM audit_tile WHERE level = @level", ("@level", level - 1)).ConfigureAwait(false) + 1 ?? 0;
            var complete = Math.Min(below / TileWidth, stored + most);
            for (var tile = stored; tile < complete; tile++)
            {
                var hashes = await TileAsync(level, tile).ConfigureAwait(false);
                var bytes = new byte[TileWidth * MerkleHash.Size];
                for (var i = 0; i < TileWidth; i++)
                    hashes[i].CopyTo(bytes.AsSpan(i * MerkleHash.Size));
                await session.ExecuteAsync(
                    "INSERT INTO audit_tile (level, tile, root, hashes) VALUES (@level, @tile, @root, @hashes)",
                    ("@level", level), ("@tile", tile), ("@root", MerkleHash.Root(hashes)), ("@hashes", bytes)).ConfigureAwait(false);
                _tiles.Remove((level, tile));
            }

            if (complete == stored)
                return;
        }
    }

    /// <summary>The hash of the leaves from <paramref name="low"/> to before <paramref name="high"/>, as the RFC's MTH.</summary>
    private async ValueTask<byte[]> HashAsync(long low, long high)
    {
        var count = high - low;
        if (count == 0)
            return MerkleHash.Root([]);
        if (BitOperations.IsPow2(count) && low % count == 0)
            return await NodeAsync(BitOperations.TrailingZeroCount(count), low / count).ConfigureAwait(false);
        var middle = low + MerkleHash.Split(count);
        var left = await HashAsync(low, middle).ConfigureAwait(false);
        var right = await HashAsync(middle, high).ConfigureAwait(false);
        return MerkleHash.Node(left, right);
    }

    private async ValueTask<byte[]> NodeAsync(int height, long index)
    {
        var (level, rest) = (height / TileHeight, height % TileHeight);
        var first = index << rest;
        var tile = await TileAsync(level, first / TileWidth).ConfigureAwait(false);
        var start = (int)(first % TileWidth);
        return MerkleHash.Root(tile[start..(start + (1 << rest))]);
    }

    private async ValueTask<byte[][]> TileAsync(int level, long index)
    {
        if (_tiles.TryGetValue((level, index), out var known))
            return known;
        var stored = await session.FirstOrDefaultAsync(
            "SELECT hashes FROM audit_tile WHERE level = @level AND tile = @tile", row => row.GetFieldValue<byte[]>(0), ("@level", level), ("@tile", index)).ConfigureAwait(false);
        var tile = stored is not null ? Cut(stored) : level == 0 ? await LeavesAsync(index).ConfigureAwait(false) : await RootsAsync(level, index).ConfigureAwait(false);
        _tiles[(level, index)] = tile;
        return tile;
    }

    private async ValueTask<byte[][]> LeavesAsync(long index)
    {
        var hashes = await session.QueryAsync(
            "SELECT hash FROM audit_record WHERE sequence > @after AND sequence <= @last ORDER BY sequence", row => MerkleHash.Leaf(row.GetString(0)),
            ("@after", index * TileWidth), ("@last", Math.Min(size, (index + 1) * TileWidth))).ConfigureAwait(false);
        return hashes.Count == Math.Min(TileWidth, size - (index * TileWidth))
            ? [.. hashes]
            : throw new CorruptDataException($"Records of the audit trail between {(index * TileWidth) + 1} and {(index + 1) * TileWidth} are missing. Verify the trail with VerifyAsync.");
    }

    private async ValueTask<byte[][]> RootsAsync(int level, long index)
    {
        var first = index * TileWidth;
        var stored = await session.QueryAsync(
            "SELECT tile, root FROM audit_tile WHERE level = @level AND tile >= @first AND tile < @end ORDER BY tile", row => (Tile: row.GetInt64(0), Root: row.GetFieldValue<byte[]>(1)),
            ("@level", level - 1), ("@first", first), ("@end", first + TileWidth)).ConfigureAwait(false);
        var known = stored.ToDictionary(row => row.Tile, row => row.Root);
        var complete = size >> (TileHeight * level);
        var roots = new byte[(int)Math.Min(TileWidth, complete - first)][];
        for (var i = 0; i < roots.Length; i++)
            roots[i] = known.TryGetValue(first + i, out var root) ? root : RootOf(await TileAsync(level - 1, first + i).ConfigureAwait(false));
        return roots;
    }

    private static byte[] RootOf(byte[][] tile) => MerkleHash.Root(tile);

    private static byte[][] Cut(byte[] bytes)
    {
        if (bytes.Length != TileWidth * MerkleHash.Size)
            throw new CorruptDataException($"A tile of the audit trail's tree has {bytes.Length} bytes, not {TileWidth * MerkleHash.Size}. Verify the trail with VerifyAsync.");
        var hashes = new byte[TileWidth][];
        for (var i = 0; i < hashes.Length; i++)
            hashes[i] = bytes[(i * MerkleHash.Size)..((i + 1) * MerkleHash.Size)];
        return hashes;
    }
}
