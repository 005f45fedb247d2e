using System.Buffers.Binary;

namespace MlOps.Features;

/// <summary>What a snapshot file holds beside the entities: how far history was materialised and which pushes are in.</summary>
internal sealed class OnlineCheckpoint
{
    private const int FormatVersion = 4;
    private const int PrefixBytes = 20;

    public required OnlineState State { get; init; }

    /// <summary>History known up to here is in; <see cref="long.MinValue"/> before the first materialisation.</summary>
    public long MaterializedUpTo { get; set; } = long.MinValue;

    /// <summary>Commits of the offline store up to here have been looked at.</summary>
    public long MaterializedCommit { get; set; }

    /// <summary>A materialisation that was begun and is not finished; entities with its number are done.</summary>
    public PendingPass? Pending { get; set; }

    /// <summary>The number of the last materialisation that was begun.</summary>
    public int LastPass { get; set; }

    /// <summary>Whether rows were pushed since the last materialisation.</summary>
    public bool HasPushes { get; set; }

    /// <summary>The last offset of each source.</summary>
    public Dictionary<string, long> Sources { get; } = new(StringComparer.Ordinal);

    private static ReadOnlySpan<byte> Magic => "MLFONL\r\n"u8;

    /// <summary>Writes a snapshot durably; its length in bytes.</summary>
    public long Save(IFileSystem files, string path, ViewPlan plan)
    {
        var head = new ByteBuffer();
        head.Write(plan.View.Hash);
        head.Write(MaterializedUpTo);
        head.Write(MaterializedCommit);
        head.Write(LastPass);
        head.Write(Pending is null ? 0 : 1);
        head.Write(Pending?.UpTo ?? 0);
        head.Write(Pending?.Commit ?? 0);
        head.Write(HasPushes ? 1 : 0);
        head.Write(Sources.Count);
        foreach (var (source, offset) in Sources.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            head.Write(source);
            head.Write(offset);
        }

        State.SaveHead(head);
        var temporary = path + ".tmp";
        files.Delete(temporary);
        long length;
        using (var file = files.CreateNew(temporary))
        {
            Span<byte> begin = stackalloc byte[12];
            Magic.CopyTo(begin);
            BinaryPrimitives.WriteInt32LittleEndian(begin[8..], FormatVersion);
            file.Write(begin);
            head.WriteTo(file);
            State.SaveEntities(file);
            file.Flush();
            length = file.Length;
        }

        files.Replace(temporary, path);
        files.FlushDirectory(Path.GetDirectoryName(path)!);
        return length;
    }

    public static OnlineCheckpoint Load(IFileSystem files, string path, ViewPlan plan, OnlineState empty)
    {
        try
        {
            using var stream = new BufferedStream(files.OpenRead(path), 1 << 12);
            var head = new ByteParser(ReadHead(stream));
            var hash = head.Text();
            if (hash != plan.View.Hash)
                throw new InvalidDataException($"it was written for definition {hash}, but the view has {plan.View.Hash}");
            var checkpoint = new OnlineCheckpoint
            {
                State = empty,
                MaterializedUpTo = head.Int64(),
                MaterializedCommit = head.Int64(),
                LastPass = head.Int32(),
                Pending = head.Int32() is var isPending && (head.Int64(), head.Int64()) is var (upTo, commit) && isPending != 0 ? new PendingPass(upTo, commit) : null,
                HasPushes = head.Int32() != 0,
            };
            for (var left = head.Int32(); left > 0; left--)
                checkpoint.Sources.Add(head.Text()!, head.Int64());
            empty.LoadHead(ref head);
            empty.LoadEntities(stream);
            return checkpoint;
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or IOException or FormatException or ArgumentException)
        {
            throw new CorruptDataException(
                $"Online snapshot '{path}' cannot be read: {error.Message}. Restore the file from a backup, or remove the view's online folder and materialise it again from the offline store.", error);
        }
    }

    private static byte[] ReadHead(Stream stream)
    {
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        if (stream.Length < PrefixBytes)
            throw new InvalidDataException("it is too short");
        stream.ReadExactly(prefix);
        if (!prefix[..8].SequenceEqual(Magic))
            throw new InvalidDataException("it does not begin as a snapshot does");
        var version = BinaryPrimitives.ReadInt32LittleEndian(prefix[8..]);
        if (version != FormatVersion)
            throw new InvalidDataException($"it has format version {version}; this library reads {FormatVersion}");
        var length = BinaryPrimitives.ReadInt32LittleEndian(prefix[12..]);
        if (length < 0 || length > stream.Length - PrefixBytes)
            throw new InvalidDataException($"its head is said to have {length} bytes, the file has {stream.Length}");
        var head = new byte[length];
        stream.ReadExactly(head);
        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(prefix[16..]), computed = Crc32C.Compute(head);
        return stored == computed ? head : throw new InvalidDataException($"its checksum is wrong (stored {stored:x8}, computed {computed:x8})");
    }

    /// <summary>A materialisation under way.</summary>
    /// <param name="UpTo">It brings what is known up to here.</param>
    /// <param name="Commit">It looks at commits of the offline store up to here.</param>
    internal sealed record PendingPass(long UpTo, long Commit);
}
