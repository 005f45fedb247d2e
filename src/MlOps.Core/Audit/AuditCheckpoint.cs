using System.Globalization;
using System.Text;
using MlOps.Audit;

namespace MlOps;

/// <summary>
/// What a trail was at a size, signed: a C2SP signed note (https://c2sp.org/signed-note) whose text is a checkpoint (https://c2sp.org/tlog-checkpoint):
/// origin, size and root in base64, one a line. Kept outside the store, it shows whatever is done to the records that it covers.
/// </summary>
public sealed class AuditCheckpoint
{
    private const int MostCharacters = 64 * 1024;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly List<(string Name, string Id, byte[] Signature)> _signatures = [];
    private readonly string _text;

    private AuditCheckpoint(string text, string origin, long size, byte[] root, string note)
    {
        _text = text;
        Origin = origin;
        Size = size;
        Root = root;
        Note = note;
    }

    /// <summary>Whose trail it is: <c>mlops.audit/</c> and the environment's name.</summary>
    public string Origin { get; }

    /// <summary>The number of records.</summary>
    public long Size { get; }

    /// <summary>The root over them; 32 bytes.</summary>
    public ReadOnlyMemory<byte> Root { get; }

    /// <summary>The whole signed note, to be kept or published as it is.</summary>
    public string Note { get; }

    /// <summary>The names of those who signed, in order; not yet checked.</summary>
    public IReadOnlyList<string> Signers => _signatures.ConvertAll(signature => signature.Name);

    /// <summary>Reads a note. Its signature is not checked by this.</summary>
    /// <param name="note">The note.</param>
    /// <returns>The checkpoint.</returns>
    /// <exception cref="CorruptDataException">The text is not such a note.</exception>
    public static AuditCheckpoint Parse(string note)
    {
        ArgumentNullException.ThrowIfNull(note);
        if (note.Length > MostCharacters || note.Any(c => c < ' ' && c != '\n') || !IsUtf8(note))
            throw Wrong("it is too long, or holds control characters or lone surrogates");
        var blank = note.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (blank < 0 || !note.EndsWith('\n'))
            throw Wrong("there is no blank line between text and signatures, or no newline at the end");
        var text = note[..(blank + 1)];
        var lines = text.Split('\n');
        if (lines.Length < 4 || lines[0].Length == 0 || !long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size) ||
            lines[1] != size.ToString(CultureInfo.InvariantCulture))
        {
            throw Wrong("its first lines are not origin, size and root");
        }

        var checkpoint = new AuditCheckpoint(text, lines[0], size, Bytes(lines[2], "root"), note);
        if (checkpoint.Root.Length != MerkleHash.Size)
            throw Wrong($"its root has {checkpoint.Root.Length} bytes, not {MerkleHash.Size}");
        foreach (var line in note[(blank + 2)..^1].Split('\n'))
        {
            var parts = line.Split(' ');
            if (parts.Length != 3 || parts[0] != "—" || parts[1].Length == 0)
                throw Wrong($"the signature line '{line}' is not '— name base64'");
            var bytes = Bytes(parts[2], "signature");
            if (bytes.Length < 5)
                throw Wrong("a signature is shorter than its key's identity");
            checkpoint._signatures.Add((parts[1], Convert.ToHexStringLower(bytes.AsSpan(0, 4)), bytes[4..]));
        }

        return checkpoint;
    }

    /// <summary>Whether one of the keys signed it, and no signature by one of them is wrong.</summary>
    /// <param name="keys">The trusted keys.</param>
    /// <returns>True when it can be believed.</returns>
    public bool IsSignedBy(params IReadOnlyList<AuditPublicKey> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var text = Encoding.UTF8.GetBytes(_text);
        var signed = false;
        foreach (var (name, id, signature) in _signatures)
        {
            foreach (var key in keys.Where(key => key.Name == name && key.Id == id))
            {
                if (!key.Verifies(text, signature))
                    return false;
                signed = true;
            }
        }

        return signed;
    }

    /// <inheritdoc />
    public override string ToString() => $"{Origin} {Size} {Convert.ToHexStringLower(Root.Span)}";

    internal static string OriginOf(string environment) => "mlops.audit/" + EnvironmentNames.Normalise(environment);

    internal static AuditCheckpoint Create(string environment, long size, byte[] root, AuditSigner signer)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{OriginOf(environment)}\n{size}\n{Convert.ToBase64String(root)}\n");
        byte[] signature = [.. Convert.FromHexString(signer.PublicKey.Id), .. signer.Sign(Encoding.UTF8.GetBytes(text))];
        return Parse($"{text}\n— {signer.PublicKey.Name} {Convert.ToBase64String(signature)}\n");
    }

    private static byte[] Bytes(string base64, string what)
    {
        try
        {
            return Convert.FromBase64String(base64);
        }
        catch (FormatException error)
        {
            throw new CorruptDataException($"The checkpoint cannot be read: its {what} is not base64. Pass the note as CheckpointAsync gave it.", error);
        }
    }

    private static bool IsUtf8(string note)
    {
        try
        {
            _ = Strict.GetByteCount(note);
            return true;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    private static CorruptDataException Wrong(string why) => new($"The checkpoint cannot be read: {why}. Pass the note as CheckpointAsync gave it.");
}
