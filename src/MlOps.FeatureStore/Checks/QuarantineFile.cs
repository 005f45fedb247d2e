using System.Security.Cryptography;

namespace MlOps.Features;

/// <summary>The rows of a quarantined batch as a file in the format of <see cref="FrameWriter"/>.</summary>
internal static class QuarantineFile
{
    /// <summary>The digest and length of what <see cref="Write"/> would write; equal frames have equal ones.</summary>
    public static (string Digest, long Length) Measure(DataFrame rows)
    {
        using var sink = new Sink(null);
        rows.Save(sink);
        return (Convert.ToHexStringLower(sink.Digest()), sink.Length);
    }

    public static void Write(IFileSystem files, string path, DataFrame rows)
    {
        var temporary = path + ".tmp";
        using (var file = files.CreateNew(temporary))
        {
            using var sink = new Sink(file);
            rows.Save(sink);
            file.Flush();
        }

        if (!files.Publish(temporary, path))
            throw new StorageException($"Quarantine file '{path}' exists already although its name was drawn at random. Remove the file if no row names it.");
        files.FlushDirectory(Path.GetDirectoryName(path)!);
    }

    private sealed class Sink(IDurableFile? file) : Stream
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long _length;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => _length;

        public override long Position
        {
            get => _length;
            set => throw new NotSupportedException();
        }

        public byte[] Digest() => _hash.GetHashAndReset();

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (file is null)
                _hash.AppendData(buffer);
            else
                file.Write(buffer);
            _length += buffer.Length;
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _hash.Dispose();
            base.Dispose(disposing);
        }
    }
}
