using System.Buffers.Binary;

namespace MlOps.Serving;

/// <summary>
/// Remembers which keys were exposed: a table of hashes in which a newer key takes the place of an older one. It never holds more than its
/// size; a key that was pushed out is taken for new again, and the store finds the duplicate.
/// </summary>
internal sealed class ExposedKeys
{
    private readonly ulong[] _seen;
    private readonly SipHash _hash;
    private readonly ulong _below;

    public ExposedKeys(string salt, ExposureOptions options)
    {
        Span<byte> bytes = stackalloc byte[16];
        Convert.FromHexString(salt, bytes, out _, out _);
        _hash = new SipHash(BinaryPrimitives.ReadUInt64LittleEndian(bytes), ~BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
        _seen = new ulong[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)options.RememberedKeys)];
        _below = options.Share >= 1 ? ulong.MaxValue : (ulong)(options.Share * ulong.MaxValue);
    }

    public bool IsNew(string key)
    {
        // Zero marks a free place.
        var hash = Math.Max(1, _hash.Hash(key));
        if (hash > _below)
            return false;
        ref var place = ref _seen[hash & (ulong)(_seen.Length - 1)];
        if (Volatile.Read(ref place) == hash)
            return false;
        return Interlocked.Exchange(ref place, hash) != hash;
    }

    /// <summary>Lets a key be new again, because its exposure could not be kept.</summary>
    public void Forget(string key)
    {
        var hash = Math.Max(1, _hash.Hash(key));
        Interlocked.CompareExchange(ref _seen[hash & (ulong)(_seen.Length - 1)], 0, hash);
    }
}
