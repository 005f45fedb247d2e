using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MlOps.Registry;

/// <summary>
/// Where a page ended: the moment of the search and the values that its last row was ordered by, bound to the search by a digest. A token
/// holds no secret and grants nothing; the digest finds damage and mistakes. Format 1: the byte 1, 16 bytes of digest, 8 bytes of
/// microseconds, one byte of count, then the values with a byte of type each; little-endian, base64url.
/// </summary>
internal sealed record SearchCursor(Timestamp Now, IReadOnlyList<object> Keys)
{
    private const byte Format = 1;
    private const int DigestSize = 16;
    private const int MaximumLength = 200_000;

    /// <summary>What tells one search from another.</summary>
    public static byte[] Fingerprint(SearchSource source, SearchRequest request)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, source.Name);
        Append(hash, request.Statement.Text);
        foreach (var (field, descending) in request.Order)
            Append(hash, string.Create(CultureInfo.InvariantCulture, $"{field.Entity.Length}:{field.Entity}.{field.Key.Length}:{field.Key} {descending}"));
        foreach (var experiment in (request.Experiments ?? []).Order(StringComparer.Ordinal))
            Append(hash, "experiment " + experiment);
        return hash.GetHashAndReset();
    }

    public string Write(byte[] fingerprint)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(Format);
        writer.Write(new byte[DigestSize]);
        writer.Write(Now.Microseconds);
        writer.Write((byte)Keys.Count);
        foreach (var key in Keys)
        {
            switch (key)
            {
                case long number:
                    writer.Write((byte)'l');
                    writer.Write(number);
                    break;
                case double number:
                    writer.Write((byte)'d');
                    writer.Write(number);
                    break;
                case string text:
                    writer.Write((byte)'t');
                    var bytes = Encoding.UTF8.GetBytes(text);
                    writer.Write(bytes.Length);
                    writer.Write(bytes);
                    break;
                default:
                    throw new InvalidOperationException($"A row is ordered by a {key.GetType().Name}.");
            }
        }

        writer.Flush();
        var token = stream.ToArray();
        Digest(fingerprint, token).CopyTo(token.AsSpan(1));
        return Base64Url.EncodeToString(token);
    }

    /// <exception cref="InvalidInputException">The token is damaged, or belongs to another search.</exception>
    public static SearchCursor Read(string token, byte[] fingerprint, int keys)
    {
        var bytes = Decoded(token);
        if (bytes.Length < 1 + DigestSize + 9 || bytes[0] != Format)
            throw Wrong($"it is not a cursor of format {Format}");
        if (!Digest(fingerprint, bytes).AsSpan().SequenceEqual(bytes.AsSpan(1, DigestSize)))
            throw Wrong("it is damaged, or belongs to another filter, order or choice of experiments");
        var rest = bytes.AsSpan(1 + DigestSize);
        var now = new Timestamp(BinaryPrimitives.ReadInt64LittleEndian(rest));
        if (rest[8] != keys)
            throw Wrong("it was written for another order");
        rest = rest[9..];
        var values = new object[keys];
        try
        {
            for (var i = 0; i < keys; i++)
            {
                var type = rest[0];
                var length = type == 't' ? 4 + BinaryPrimitives.ReadInt32LittleEndian(rest[1..]) : 8;
                values[i] = type switch
                {
                    (byte)'l' => BinaryPrimitives.ReadInt64LittleEndian(rest[1..]),
                    (byte)'d' => BinaryPrimitives.ReadDoubleLittleEndian(rest[1..]),
                    (byte)'t' => Encoding.UTF8.GetString(rest.Slice(5, length - 4)),
                    _ => throw Wrong("it holds an unknown value"),
                };
                rest = rest[(1 + length)..];
            }
        }
        catch (Exception error) when (error is ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            throw Wrong("it ends early");
        }

        return new SearchCursor(now, values);
    }

    private static byte[] Decoded(string token)
    {
        if (token.Length > MaximumLength || !Base64Url.IsValid(token))
            throw Wrong("it is not base64url text");
        var bytes = Base64Url.DecodeFromChars(token);
        // Several texts decode to the same bytes where the last character has unused bits.
        return Base64Url.EncodeToString(bytes) == token ? bytes : throw Wrong("it is damaged");
    }

    private static InvalidInputException Wrong(string why) =>
        new($"The cursor cannot be used: {why}. Pass the NextCursor of the page before with the same filter, order and experiments, or none to begin anew.");

    private static byte[] Digest(byte[] fingerprint, byte[] token)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(fingerprint);
        hash.AppendData(token.AsSpan(1 + DigestSize));
        return hash.GetHashAndReset()[..DigestSize];
    }

    private static void Append(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}
