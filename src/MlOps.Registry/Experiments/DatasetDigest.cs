using System.Security.Cryptography;

namespace MlOps.Registry;

/// <summary>The digest of a frame's content.</summary>
public static class DatasetDigest
{
    /// <summary>
    /// The SHA-256 of the frame as <see cref="DataFrame.Save"/> writes it: the same names, types, values, gaps and order of rows and columns give the
    /// same digest on every machine, and it is the digest of the blob that <see cref="ArtifactStoreExtensions.PutFrameAsync"/> stores.
    /// </summary>
    /// <param name="frame">The frame.</param>
    /// <returns>The digest.</returns>
    public static ArtifactDigest Of(DataFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var stream = new HashStream(hash);
        frame.Save(stream);
        return ArtifactDigest.FromHash(hash.GetHashAndReset());
    }

    /// <summary>Swallows what is written, and hashes it.</summary>
    private sealed class HashStream(IncrementalHash hash) : Stream
    {
        private long _length;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => _length;

        public override long Position
        {
            get => _length;
            set => throw new NotSupportedException("A hash cannot be set back.");
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            hash.AppendData(buffer);
            _length += buffer.Length;
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only writing is possible.");

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("Only writing is possible.");

        public override void SetLength(long value) => throw new NotSupportedException("Only writing is possible.");
    }
}
