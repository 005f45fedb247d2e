using System.Buffers.Binary;

namespace MlOps.Serving;

/// <summary>Assigns requests to the shares of one policy. Immutable, except for the count of requests without a key.</summary>
internal sealed class TrafficRouter
{
    private readonly SipHash _hash;
    private readonly SipHash _shadowHash;
    private readonly long[] _ends;
    private readonly int[] _shares;
    private readonly long _shadowUnits;
    private readonly Bandit? _bandit;
    private ulong _count;

    public TrafficRouter(TrafficDocument document, Bandit? bandit = null)
    {
        _bandit = bandit;
        Span<byte> salt = stackalloc byte[16];
        Convert.FromHexString(document.Salt, salt, out _, out _);
        var (key0, key1) = (BinaryPrimitives.ReadUInt64LittleEndian(salt), BinaryPrimitives.ReadUInt64LittleEndian(salt[8..]));
        _hash = new SipHash(key0, key1);
        _shadowHash = new SipHash(~key0, key1);
        _ends = [.. document.Ranges.Select(range => range.End)];
        var versions = document.Shares.Select(share => share.Version).ToList();
        _shares = [.. document.Ranges.Select(range => versions.IndexOf(range.Version))];
        _shadowUnits = document.ShadowVersion is null ? 0 : (long)Math.Round(document.ShadowShare * TrafficRanges.Units);
    }

    /// <summary>The index of the share that a key belongs to; without a key the requests are spread by the weights.</summary>
    public int Choose(string? key)
    {
        if (_ends.Length == 1)
            return _shares[0];
        if (_bandit is not null)
            return _bandit.Choose(key is null ? null : _hash.Hash(key));
        var unit = (long)((key is null ? _hash.Hash(Interlocked.Increment(ref _count)) : _hash.Hash(key)) >> 32);
        var i = 0;
        while (unit >= _ends[i])
            i++;
        return _shares[i];
    }

    public bool IsMirrored(string? key)
    {
        if (_shadowUnits is 0 or TrafficRanges.Units)
            return _shadowUnits != 0;
        return (long)((key is null ? _shadowHash.Hash(Interlocked.Increment(ref _count)) : _shadowHash.Hash(key)) >> 32) < _shadowUnits;
    }
}
