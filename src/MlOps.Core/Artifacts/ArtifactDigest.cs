using System.Security.Cryptography;

namespace MlOps;

/// <summary>The SHA-256 of an artifact's bytes, written <c>sha256:</c> and 64 lower-case hexadecimal digits.</summary>
public readonly record struct ArtifactDigest
{
    private const string Prefix = "sha256:";
    private readonly string? _hex;

    private ArtifactDigest(string hex) => _hex = hex;

    /// <summary>The 64 hexadecimal digits.</summary>
    public string Hex => _hex ?? throw new InvalidOperationException("An ArtifactDigest was used that was never set.");

    /// <summary>Whether this is the default value, which stands for no digest.</summary>
    public bool IsEmpty => _hex is null;

    /// <summary>Reads a digest.</summary>
    /// <param name="text"><c>sha256:</c> and 64 lower-case hexadecimal digits.</param>
    /// <returns>The digest.</returns>
    /// <exception cref="InvalidInputException">The text is not a digest.</exception>
    public static ArtifactDigest Parse(string text) =>
        TryParse(text, out var digest)
            ? digest
            : throw new InvalidInputException($"'{(text is { Length: > 80 } ? text[..80] + "..." : text)}' is not an artifact digest: expected 'sha256:' and 64 lower-case hexadecimal digits.");

    /// <summary>Reads a digest without throwing.</summary>
    /// <param name="text">The text.</param>
    /// <param name="digest">The digest.</param>
    /// <returns>Whether the text was one.</returns>
    public static bool TryParse(string? text, out ArtifactDigest digest)
    {
        digest = default;
        if (text is null || text.Length != Prefix.Length + 64 || !text.StartsWith(Prefix, StringComparison.Ordinal))
            return false;
        foreach (var c in text.AsSpan(Prefix.Length))
        {
            if (c is not ((>= '0' and <= '9') or (>= 'a' and <= 'f')))
                return false;
        }

        digest = new ArtifactDigest(text[Prefix.Length..]);
        return true;
    }

    /// <summary>The digest of bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>Their digest.</returns>
    public static ArtifactDigest Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(bytes, hash);
        return FromHash(hash);
    }

    /// <summary>A digest from the 32 bytes of a SHA-256.</summary>
    /// <param name="hash">The 32 bytes.</param>
    /// <returns>The digest.</returns>
    public static ArtifactDigest FromHash(ReadOnlySpan<byte> hash)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(hash.Length, 32);
        return new ArtifactDigest(Convert.ToHexStringLower(hash));
    }

    /// <inheritdoc />
    public override string ToString() => _hex is null ? "" : Prefix + _hex;
}
