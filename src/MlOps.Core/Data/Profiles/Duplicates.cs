namespace MlOps;

/// <summary>Counts rows whose values stood before, by 64-bit hashes: two different rows of ten million are taken for equal once in some hundred thousand frames.</summary>
internal static class Duplicates
{
    // Larger frames are gone through several times, each time for a share of the hashes, so that the memory stays at 32 MiB.
    private const int MaxHashes = 1 << 22;
    private const int Block = 4_096;

    public static int Count(IReadOnlyList<DataColumn> columns, int rows)
    {
        if (columns.Count == 0 || rows == 0)
            return 0;
        var passes = (uint)((rows + (long)MaxHashes - 1) / MaxHashes);
        var duplicates = 0;
        var block = new ulong[Block];
        for (var pass = 0u; pass < passes; pass++)
        {
            var hashes = new List<ulong>(passes == 1 ? rows : MaxHashes);
            for (var start = 0; start < rows; start += Block)
            {
                var part = block.AsSpan(0, Math.Min(Block, rows - start));
                part.Clear();
                foreach (var column in columns)
                    ValueHash.Mix(column, start, part);
                foreach (var hash in part)
                {
                    if (passes == 1 || (uint)(hash >> 32) % passes == pass)
                        hashes.Add(hash);
                }
            }

            hashes.Sort();
            for (var i = 1; i < hashes.Count; i++)
                duplicates += hashes[i] == hashes[i - 1] ? 1 : 0;
        }

        return duplicates;
    }
}
