using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace MlOps.Features;

/// <summary>
/// An entity's key as bytes: its parts in UTF-8, each but the last ended by a zero byte, with a zero byte within a part followed by 0xFF, so that
/// different keys are different bytes. Segments order entities by them.
/// </summary>
internal static class KeyBytes
{
    /// <summary>Writes the key of a code; -1 where a part is no valid UTF-16, which no stored key has.</summary>
    public static int Encode(string[][] parts, int code, ref byte[] buffer)
    {
        var length = 0;
        for (var p = 0; p < parts.Length; p++)
        {
            var text = parts[p][code];
            var most = length + 6 * text.Length + 1;
            if (buffer.Length < most)
                Array.Resize(ref buffer, Math.Max(most, 256));
            if (Utf8.FromUtf16(text, buffer.AsSpan(length), out _, out var written, replaceInvalidSequences: false) != OperationStatus.Done)
                return -1;
            if (p == parts.Length - 1)
                return length + written;
            length = Terminate(buffer, length, written);
        }

        return length;
    }

    public static byte[]? Of(IReadOnlyList<string> key)
    {
        var buffer = new byte[256];
        var length = Encode([.. key.Select(part => new[] { part })], 0, ref buffer);
        return length < 0 ? null : buffer[..length];
    }

    public static string[] Decode(ReadOnlySpan<byte> key, int parts)
    {
        var texts = new string[parts];
        for (var p = 0; p < parts - 1; p++)
        {
            var part = new ArrayBufferWriter<byte>();
            var at = 0;
            for (; key[at] != 0 || (at + 1 < key.Length && key[at + 1] == 0xFF); at++)
            {
                part.Write(key.Slice(at, 1));
                if (key[at] == 0)
                    at++;
            }

            texts[p] = Encoding.UTF8.GetString(part.WrittenSpan);
            key = key[(at + 1)..];
        }

        texts[^1] = Encoding.UTF8.GetString(key);
        return texts;
    }

    /// <summary>A stable hash, by folded 128-bit products.</summary>
    public static ulong Hash(ReadOnlySpan<byte> key)
    {
        var hash = 0x9E3779B97F4A7C15UL ^ (ulong)key.Length;
        for (; key.Length >= 8; key = key[8..])
            hash = Fold(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(key), 0xA0761D6478BD642F);
        var rest = 0UL;
        foreach (var b in key)
            rest = rest << 8 | b;
        return Fold(Fold(hash ^ rest, 0xE7037ED1A0B428DB) ^ 0x8EBC6AF09C88C6E3, 0x589965CC75374CC3);
    }

    private static ulong Fold(ulong left, ulong right) => Math.BigMul(left, right, out var low) ^ low;

    private static int Terminate(byte[] buffer, int start, int length)
    {
        var end = start + length;
        for (var at = start; at < end; at++)
        {
            if (buffer[at] != 0)
                continue;
            // At most doubles the part, for which Encode left room.
            buffer.AsSpan(at + 1, end - at - 1).CopyTo(buffer.AsSpan(at + 2));
            buffer[++at] = 0xFF;
            end++;
        }

        buffer[end] = 0;
        return end + 1;
    }
}
