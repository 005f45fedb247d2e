namespace MlOps.Features;

/// <summary>Bytes that grow by chunks, so that no growth copies what is there; only the first one begins small.</summary>
internal sealed class ByteList
{
    private const int ChunkBytes = 1 << 20;
    private const int FirstBytes = 4096;
    private readonly List<byte[]> _chunks = [];

    public long Length { get; private set; }

    public IEnumerable<ReadOnlyMemory<byte>> Chunks =>
        _chunks.Select((chunk, at) => new ReadOnlyMemory<byte>(chunk, 0, (int)Math.Clamp(Length - (long)at * ChunkBytes, 0, ChunkBytes)));

    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var (chunk, at) = ((int)(Length / ChunkBytes), (int)(Length % ChunkBytes));
            if (chunk == _chunks.Count)
                _chunks.Add(new byte[chunk == 0 ? FirstBytes : ChunkBytes]);
            var target = _chunks[chunk];
            if (at == target.Length)
            {
                Array.Resize(ref target, 2 * target.Length);
                _chunks[chunk] = target;
            }

            var take = Math.Min(bytes.Length, target.Length - at);
            bytes[..take].CopyTo(target.AsSpan(at));
            Length += take;
            bytes = bytes[take..];
        }
    }

    public void Truncate(long length) => Length = length;
}
