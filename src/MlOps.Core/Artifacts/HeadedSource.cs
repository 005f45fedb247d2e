using System.Buffers;
using System.Security.Cryptography;

namespace MlOps.Artifacts;

/// <summary>A stream whose first bytes are read ahead, so that a blob that ends with them is known before anything is written.</summary>
internal sealed class HeadedSource(Stream content) : IDisposable
{
    private const int PartBytes = 1 << 17;
    private readonly long _start = content.CanSeek ? content.Position : 0;
    private readonly List<byte[]> _parts = [];
    private long _given;

    public long HeadLength { get; private set; }

    public bool CanRewind => content.CanSeek;

    public IEnumerable<ReadOnlyMemory<byte>> Head
    {
        get
        {
            for (var i = 0; i < _parts.Count; i++)
                yield return _parts[i].AsMemory(0, (int)Math.Min(PartBytes, HeadLength - ((long)i * PartBytes)));
        }
    }

    /// <summary>Reads ahead; true when the stream ended within so many bytes.</summary>
    public async ValueTask<bool> FillAsync(long most, CancellationToken cancellationToken)
    {
        while (true)
        {
            var part = ArrayPool<byte>.Shared.Rent(PartBytes);
            _parts.Add(part);
            var read = await content.ReadAtLeastAsync(part.AsMemory(0, PartBytes), PartBytes, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            HeadLength += read;
            if (HeadLength > most)
                return false;
            if (read < PartBytes)
                return true;
        }
    }

    public ArtifactDigest Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in Head)
            hash.AppendData(part.Span);
        return ArtifactDigest.FromHash(hash.GetHashAndReset());
    }

    /// <summary>The head's bytes, then the stream's.</summary>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_given == HeadLength)
            return content.ReadAsync(buffer, cancellationToken);
        var skip = (int)(_given % PartBytes);
        var count = (int)Math.Min(Math.Min(buffer.Length, PartBytes - skip), HeadLength - _given);
        _parts[(int)(_given / PartBytes)].AsMemory(skip, count).CopyTo(buffer);
        _given += count;
        return ValueTask.FromResult(count);
    }

    /// <summary>Begins again; only where <see cref="CanRewind"/>.</summary>
    public void Rewind()
    {
        content.Position = _start;
        _given = HeadLength = 0;
    }

    public void Dispose()
    {
        foreach (var part in _parts)
            ArrayPool<byte>.Shared.Return(part);
        _parts.Clear();
    }
}
