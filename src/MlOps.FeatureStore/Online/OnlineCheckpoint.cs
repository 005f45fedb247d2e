using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Features;

/// <summary>What a snapshot file holds beside the entries: how far history was materialised and which pushes are in.</summary>
internal sealed class OnlineCheckpoint
{
    private const int FormatVersion = 2;

    public required OnlineState State { get; init; }

    /// <summary>History known up to here is in; <see cref="long.MinValue"/> before the first materialisation.</summary>
    public long MaterializedUpTo { get; set; } = long.MinValue;

    /// <summary>Commits of the offline store up to here have been looked at.</summary>
    public long MaterializedCommit { get; set; }

    /// <summary>Whether rows were pushed since the last materialisation.</summary>
    public bool HasPushes { get; set; }

    /// <summary>The last offset of each source.</summary>
    public Dictionary<string, long> Sources { get; } = new(StringComparer.Ordinal);

    private static ReadOnlySpan<byte> Magic => "MLFONL\r\n"u8;

    public void Save(IFileSystem files, string path, ViewPlan plan)
    {
        var temporary = path + ".tmp";
        files.Delete(temporary);
        using (var file = files.CreateNew(temporary))
        {
            var writer = new ChecksumWriter(file);
            writer.Write(Magic);
            writer.Write(FormatVersion);
            writer.Write(plan.View.Hash);
            writer.Write(MaterializedUpTo);
            writer.Write(MaterializedCommit);
            writer.Write(HasPushes ? 1 : 0);
            writer.Write(Sources.Count);
            foreach (var (source, offset) in Sources.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                writer.Write(source);
                writer.Write(offset);
            }

            State.Save(writer);
            writer.Finish();
            file.Flush();
        }

        files.Replace(temporary, path);
        files.FlushDirectory(Path.GetDirectoryName(path)!);
    }

    public static OnlineCheckpoint Load(IFileSystem files, string path, ViewPlan plan, OnlineState empty)
    {
        try
        {
            using var stream = new BufferedStream(files.OpenRead(path), 1 << 16);
            Verify(stream);
            stream.Position = 0;
            using var reader = new BinaryReader(stream, Encoding.UTF8);
            if (!reader.ReadBytes(8).AsSpan().SequenceEqual(Magic))
                throw new InvalidDataException("it does not begin as a snapshot does");
            var version = reader.ReadInt32();
            if (version is < 1 or > FormatVersion)
                throw new InvalidDataException($"it has format version {version}; this library reads 1 to {FormatVersion}");
            var hash = reader.ReadString();
            if (hash != plan.View.Hash)
                throw new InvalidDataException($"it was written for definition {hash}, but the view has {plan.View.Hash}");
            var upTo = reader.ReadInt64();
            var commit = reader.ReadInt64();
            var pushes = reader.ReadInt32() != 0;
            var sources = new Dictionary<string, long>(StringComparer.Ordinal);
            for (var left = reader.ReadInt32(); left > 0; left--)
                sources.Add(reader.ReadString(), reader.ReadInt64());
            var checkpoint = new OnlineCheckpoint
            {
                State = OnlineState.Load(reader, version, empty),
                MaterializedUpTo = upTo,
                MaterializedCommit = commit,
                HasPushes = pushes,
            };
            foreach (var (source, offset) in sources)
                checkpoint.Sources.Add(source, offset);
            return checkpoint;
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or IOException or FormatException or ArgumentException)
        {
            throw new CorruptDataException(
                $"Online snapshot '{path}' cannot be read: {error.Message}. Restore the file from a backup, or remove the view's online folder and materialise it again from the offline store.", error);
        }
    }

    private static void Verify(Stream stream)
    {
        var left = stream.Length - 4;
        if (left < 8)
            throw new InvalidDataException("it is too short");
        var buffer = new byte[1 << 16];
        uint crc = 0;
        while (left > 0)
        {
            var take = (int)Math.Min(left, buffer.Length);
            stream.ReadExactly(buffer, 0, take);
            crc = Crc32C.Compute(buffer.AsSpan(0, take), crc);
            left -= take;
        }

        uint stored = 0;
        stream.ReadExactly(MemoryMarshal.AsBytes(new Span<uint>(ref stored)));
        if (stored != crc)
            throw new InvalidDataException($"its checksum is wrong (stored {stored:x8}, computed {crc:x8})");
    }
}
