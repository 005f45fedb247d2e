namespace MlOps.Features;

/// <summary>Finds an entity in every segment of a snapshot through their key indexes. Not thread-safe.</summary>
internal sealed class EntityFinder(OfflineSnapshot snapshot)
{
    private readonly int[] _locals = new int[snapshot.Segments.Length];
    private byte[] _key = new byte[256];

    /// <summary>By segment, the entity's number there; -1 where it has none.</summary>
    public ReadOnlySpan<int> Locals => _locals;

    /// <summary>Finds the entity of a code; false when no segment has it.</summary>
    /// <param name="parts">For each part of the key, its text by code.</param>
    /// <param name="code">The code; -1 has no entity.</param>
    /// <returns>Whether it has rows.</returns>
    public bool Find(string[][] parts, int code)
    {
        var length = code < 0 ? -1 : KeyBytes.Encode(parts, code, ref _key);
        if (length < 0)
        {
            _locals.AsSpan().Fill(-1);
            return false;
        }

        return Find(_key.AsSpan(0, length));
    }

    public bool Find(ReadOnlySpan<byte> key)
    {
        var hash = KeyBytes.Hash(key);
        var isThere = false;
        var segments = snapshot.Segments;
        for (var s = 0; s < segments.Length; s++)
        {
            _locals[s] = segments[s].Reader.Find(key, hash);
            isThere |= _locals[s] >= 0;
        }

        if (isThere && !snapshot.Erasures.IsEmpty)
            snapshot.Erasures.Hide(key, segments, _locals);
        return isThere;
    }
}
