using MlOps.Artifacts;

namespace MlOps.Core.Tests.Artifacts;

/// <summary>Stores with small chunks, and bytes that share most of them.</summary>
internal static class Chunked
{
    public static readonly FileArtifactOptions Options = new() { ChunkThresholdBytes = 4096, AverageChunkBytes = 4096 };

    public static byte[] Bytes(int seed, int size)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>An insertion, an overwrite and a deletion, each of a part of the bytes.</summary>
    public static byte[] Edit(byte[] bytes, int seed, double part)
    {
        var random = new Random(seed);
        var list = new List<byte>(bytes);
        var count = (int)(bytes.Length * part / 3);
        var fresh = new byte[count];
        random.NextBytes(fresh);
        list.InsertRange(random.Next(list.Count), fresh);
        random.NextBytes(fresh);
        var at = random.Next(list.Count - count);
        for (var i = 0; i < count; i++)
            list[at + i] = fresh[i];
        list.RemoveRange(random.Next(list.Count - count), count);
        return [.. list];
    }

    public static async Task<ArtifactRef> PutAsync(this IArtifactStore store, byte[] bytes)
    {
        using var content = new MemoryStream(bytes);
        return await store.PutAsync(content, "a/b");
    }

    public static async Task<byte[]> ReadAsync(this IArtifactStore store, ArtifactRef artifact)
    {
        await using var stream = await store.OpenReadAsync(artifact.ParsedDigest);
        using var buffer = new MemoryStream();
        await stream.CopyToAsync(buffer);
        return buffer.ToArray();
    }

    public static async Task<byte[]> ReadAsync(this IArtifactStore store, ArtifactRef artifact, long offset, long length)
    {
        await using var stream = await store.OpenRangeAsync(artifact.ParsedDigest, offset, length);
        using var buffer = new MemoryStream();
        await stream.CopyToAsync(buffer);
        return buffer.ToArray();
    }
}

/// <summary>A stream that cannot tell its length.</summary>
internal sealed class Unseekable(Stream inner) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, Math.Min(count, 5000));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
