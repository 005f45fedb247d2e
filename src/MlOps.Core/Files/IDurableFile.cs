namespace MlOps;

/// <summary>A file open for writing through the durable file layer. Not thread-safe.</summary>
public interface IDurableFile : IDisposable
{
    /// <summary>The file's path.</summary>
    string Path { get; }

    /// <summary>Bytes in the file, those not yet flushed included.</summary>
    long Length { get; }

    /// <summary>Appends bytes; they may be lost in a crash until <see cref="Flush"/> returns.</summary>
    /// <param name="bytes">The bytes.</param>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Makes all written bytes durable (fsync), or throws; after a throw this handle refuses everything.</summary>
    void Flush();

    /// <summary>Cuts the file to a length, for instance to drop a torn tail. Durable after <see cref="Flush"/>.</summary>
    /// <param name="length">The new length in bytes.</param>
    void Truncate(long length);
}
