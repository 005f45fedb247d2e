using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Features;

/// <summary>
/// A frame of the log, version 1, little endian: magic (4 bytes), length of the payload (4), its CRC-32C (4), payload. The payload holds the version, the
/// schema once and the vectors. A frame stands for itself, so that what follows a damaged one is found again by its magic.
/// </summary>
internal static class SkewFrame
{
    private const int Version = 1;
    private const int PrefixBytes = 12;

    private static ReadOnlySpan<byte> Magic => "\u0001SKW"u8;

    public static byte[] Write(IEnumerable<ServedVector> vectors, ServedSchema schema)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(Magic);
        writer.Write(0L);
        writer.Write(Version);
        writer.Write(schema.Id);
        Write(writer, schema.Keys);
        Write(writer, schema.Features);
        Write(writer, schema.Views);
        var countAt = stream.Position;
        writer.Write(0);
        var count = 0;
        foreach (var vector in vectors)
        {
            foreach (var key in vector.Keys)
                writer.Write(key ?? "");
            writer.Write(vector.AsOf);
            writer.Write(vector.ServedAt);
            writer.Write(MemoryMarshal.AsBytes(vector.Marks.AsSpan()));
            writer.Write(MemoryMarshal.AsBytes(vector.Values.AsSpan()));
            count++;
        }

        writer.Flush();
        var bytes = stream.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan((int)countAt), count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), bytes.Length - PrefixBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Crc32C.Compute(bytes.AsSpan(PrefixBytes)));
        return bytes;
    }

    /// <summary>The vectors of a file's whole frames. A torn last frame is what a crash leaves and no damage; anything else that does not fit is.</summary>
    public static List<ServedVector> Read(byte[] bytes, string service, out bool isDamaged)
    {
        isDamaged = false;
        var vectors = new List<ServedVector>();
        var schemas = new Dictionary<string, ServedSchema>(StringComparer.Ordinal);
        var at = 0;
        while (at < bytes.Length)
        {
            if (TryFrame(bytes, at, out var length))
            {
                Parse(bytes.AsSpan(at + PrefixBytes, length).ToArray(), service, schemas, vectors);
                at += PrefixBytes + length;
                continue;
            }

            var next = bytes.AsSpan(at + 1).IndexOf(Magic);
            while (next >= 0 && !TryFrame(bytes, at + 1 + next, out _))
            {
                var further = bytes.AsSpan(at + 2 + next).IndexOf(Magic);
                next = further < 0 ? -1 : next + 1 + further;
            }

            if (next < 0)
            {
                // A last frame that lacks bytes was being written when the process ended.
                isDamaged |= !IsTorn(bytes, at);
                break;
            }

            isDamaged = true;
            at += 1 + next;
        }

        return vectors;
    }

    private static bool IsTorn(byte[] bytes, int at)
    {
        var rest = bytes.AsSpan(at);
        return rest.Length < PrefixBytes || !rest.ContainsAnyExcept((byte)0)
            || (rest[..4].SequenceEqual(Magic) && BinaryPrimitives.ReadInt32LittleEndian(rest[4..]) > rest.Length - PrefixBytes);
    }

    private static bool TryFrame(byte[] bytes, int at, out int length)
    {
        length = 0;
        var rest = bytes.AsSpan(at);
        if (rest.Length < PrefixBytes || !rest[..4].SequenceEqual(Magic))
            return false;
        length = BinaryPrimitives.ReadInt32LittleEndian(rest[4..]);
        return length > 0 && length <= rest.Length - PrefixBytes
            && Crc32C.Compute(rest.Slice(PrefixBytes, length)) == BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]);
    }

    private static void Parse(byte[] payload, string service, Dictionary<string, ServedSchema> schemas, List<ServedVector> vectors)
    {
        using var reader = new BinaryReader(new MemoryStream(payload), Encoding.UTF8);
        var version = reader.ReadInt32();
        if (version != Version)
            throw new CorruptDataException($"The log of served vectors of '{service}' has format version {version}; this library reads {Version}. Remove the files of the other version, or read them with the library that wrote them.");
        var id = reader.ReadString();
        string[] keys = Texts(reader), features = Texts(reader), views = Texts(reader);
        // One object per meaning, so that vectors can be grouped by it.
        var name = string.Join('\n', [id, .. keys, "", .. features, "", .. views]);
        if (!schemas.TryGetValue(name, out var schema))
            schemas.Add(name, schema = new ServedSchema(service, id, keys, features, views));
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            var key = new string[keys.Length];
            for (var k = 0; k < key.Length; k++)
                key[k] = reader.ReadString();
            var asOf = reader.ReadInt64();
            var servedAt = reader.ReadInt64();
            var marks = new OnlineMarks[views.Length];
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(marks.AsSpan()));
            var values = new float[features.Length];
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
            vectors.Add(new ServedVector(schema, key, asOf, servedAt, marks, values));
        }
    }

    private static void Write(BinaryWriter writer, string[] texts)
    {
        writer.Write(texts.Length);
        foreach (var text in texts)
            writer.Write(text);
    }

    private static string[] Texts(BinaryReader reader)
    {
        var texts = new string[reader.ReadInt32()];
        for (var i = 0; i < texts.Length; i++)
            texts[i] = reader.ReadString();
        return texts;
    }
}
