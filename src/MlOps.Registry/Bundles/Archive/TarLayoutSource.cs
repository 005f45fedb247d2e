using System.Globalization;

namespace MlOps.Registry;

/// <summary>
/// A layout in an uncompressed tar file. Its headers are read once; nothing is unpacked, and no name of an entry ever becomes a path. Only the names of a layout
/// are allowed, each once, as plain files.
/// </summary>
internal sealed class TarLayoutSource : ILayoutSource
{
    private const int MaximumEntries = 20_000;
    private const int MaximumExtendedBytes = 64 << 10;

    private readonly Dictionary<string, (long At, long Length)> _entries = new(StringComparer.Ordinal);
    private readonly Stream _tar;
    private readonly long _start;

    private TarLayoutSource(Stream tar)
    {
        _tar = tar;
        _start = tar.Position;
    }

    /// <param name="tar">Seekable; it stays open.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async ValueTask<TarLayoutSource> OpenAsync(Stream tar, CancellationToken cancellationToken)
    {
        var source = new TarLayoutSource(tar);
        await source.ReadHeadersAsync(cancellationToken).ConfigureAwait(false);
        return source;
    }

    public long? FindLength(string name) => _entries.TryGetValue(name, out var entry) ? entry.Length : null;

    public Stream OpenRead(string name)
    {
        var (at, length) = _entries[name];
        _tar.Position = _start + at;
        return new SectionStream(_tar, length);
    }

    public void Dispose()
    {
    }

    private async ValueTask ReadHeadersAsync(CancellationToken cancellationToken)
    {
        var total = _tar.Length - _start;
        var block = new byte[TarHeader.BlockBytes];
        var (name, size) = ((string?)null, (long?)null);
        var count = 0;
        for (var at = 0L; ;)
        {
            await ReadAsync(block, at, cancellationToken).ConfigureAwait(false);
            if (TarHeader.IsZero(block))
            {
                await RequireEndAsync(block, at + TarHeader.BlockBytes, total, cancellationToken).ConfigureAwait(false);
                return;
            }

            if (++count > MaximumEntries)
                throw new InvalidInputException($"The tar file has more than {MaximumEntries} entries; a layout of one model version has fewer. Export the version alone.");
            var header = TarHeader.Read(block, at);
            var length = header.Type is TarHeader.Extended or TarHeader.GlobalExtended ? header.Size : size ?? header.Size;
            var content = at + TarHeader.BlockBytes;
            if (length > total - content)
                throw new CorruptDataException($"The tar file's entry '{NameRules.Shown(header.Name)}' claims {length} bytes, but only {Math.Max(0, total - content)} follow. Fetch the bundle again.");
            switch (header.Type)
            {
                case TarHeader.Extended:
                    (name, size) = await ReadExtendedAsync(content, length, cancellationToken).ConfigureAwait(false);
                    break;
                case TarHeader.GlobalExtended:
                    _ = await ReadExtendedAsync(content, length, cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    Add(name ?? header.Name, header.Type, content, length);
                    (name, size) = (null, null);
                    break;
            }

            at = content + length + Padding(length);
        }
    }

    public static int Padding(long length) => (int)(-length & (TarHeader.BlockBytes - 1));

    private void Add(string name, byte type, long at, long length)
    {
        var plain = name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;
        // Before POSIX, directories were files of no length whose names end so.
        if (type == TarHeader.Directory || (type == TarHeader.OldFile && plain.AsSpan() is [] or [.., '/']))
        {
            if (plain.TrimEnd('/') is "" or "." or "blobs" or "blobs/sha256" && length == 0)
                return;
            throw new InvalidInputException($"The tar file has the directory '{NameRules.Shown(name)}', which is not part of an OCI image layout. Import a layout alone.");
        }

        if (type is not (TarHeader.File or TarHeader.OldFile))
            throw new InvalidInputException($"The tar file's entry '{NameRules.Shown(name)}' is {TarHeader.Describe(type)}; only plain files and directories are read. Copy the layout without links, then pack it again.");
        if (!IsLayoutName(plain))
            throw new InvalidInputException($"The tar file has the entry '{NameRules.Shown(name)}', which is not part of an OCI image layout: expected 'oci-layout', 'index.json' and 'blobs/sha256/<64 hexadecimal digits>'.");
        if (!_entries.TryAdd(plain, (at, length)))
            throw new InvalidInputException($"The tar file has the entry '{NameRules.Shown(name)}' twice. Pack the layout again.");
    }

    private static bool IsLayoutName(string name) =>
        name is BundleFormat.LayoutFile or BundleFormat.IndexFile ||
        (name.StartsWith(BundleFormat.BlobPrefix, StringComparison.Ordinal) && ArtifactDigest.TryParse("sha256:" + name[BundleFormat.BlobPrefix.Length..], out _));

    /// <summary>POSIX.1-2001 records "length key=value\n"; path and size replace the header's, the rest says nothing about content.</summary>
    private async ValueTask<(string? Name, long? Size)> ReadExtendedAsync(long at, long length, CancellationToken cancellationToken)
    {
        if (length > MaximumExtendedBytes)
            throw new InvalidInputException($"The tar file has an extended header of {length} bytes at byte {at}; at most {MaximumExtendedBytes} are read.");
        var bytes = new byte[length];
        await ReadAsync(bytes, at, cancellationToken).ConfigureAwait(false);
        var (name, size) = ((string?)null, (long?)null);
        for (ReadOnlyMemory<byte> rest = bytes; rest.Length > 0;)
        {
            var space = rest.Span.IndexOf((byte)' ');
            if (space is < 1 or > 9 || !int.TryParse(rest.Span[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var record) ||
                record <= space + 1 || record > rest.Length || rest.Span[record - 1] != '\n')
            {
                throw new CorruptDataException($"The tar file's extended header at byte {at} cannot be read. Fetch the bundle again.");
            }

            var text = rest.Span[(space + 1)..(record - 1)];
            if (text.StartsWith("path="u8))
                name = TarHeader.ReadText(text[5..], at);
            else if (text.StartsWith("size="u8))
                size = long.TryParse(text[5..], NumberStyles.None, CultureInfo.InvariantCulture, out var value)
                    ? value
                    : throw new CorruptDataException($"The tar file's extended header at byte {at} has a size that is not a number.");
            rest = rest[record..];
        }

        return (name, size);
    }

    private async ValueTask RequireEndAsync(byte[] block, long at, long total, CancellationToken cancellationToken)
    {
        // Packers fill the last record with zeros; other bytes after the end would be seen by some readers and not by others.
        var end = Math.Min(total, at + (1 << 20));
        if (total - at < TarHeader.BlockBytes || total != end)
            throw new CorruptDataException($"The tar file does not end with its two empty blocks at byte {at}. Fetch the bundle again.");
        for (; at < end; at += block.Length)
        {
            var part = block.AsMemory(0, (int)Math.Min(block.Length, end - at));
            await ReadAsync(part, at, cancellationToken).ConfigureAwait(false);
            if (!TarHeader.IsZero(part.Span))
                throw new CorruptDataException($"The tar file has bytes after its end, at byte {at}. Fetch the bundle again.");
        }
    }

    private async ValueTask ReadAsync(Memory<byte> buffer, long at, CancellationToken cancellationToken)
    {
        _tar.Position = _start + at;
        var read = await _tar.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read < buffer.Length)
            throw new CorruptDataException($"The tar file ends in the middle, after {at + read} bytes. Fetch the bundle again.");
    }
}
