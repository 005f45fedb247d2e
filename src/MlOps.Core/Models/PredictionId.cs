using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace MlOps;

/// <summary>
/// Names one answer, so that a later outcome can be joined to it: 128 bits, written as 32 hexadecimal digits. The first half is random
/// per process, the second counts (each thread in blocks of its own), so that making one costs no allocation.
/// </summary>
/// <param name="High">The process's random half.</param>
/// <param name="Low">The count.</param>
public readonly record struct PredictionId(ulong High, ulong Low)
{
    private static readonly ulong Process = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8)) | 1;
    private const ulong Block = 1024;

    private static ulong _blocks;

    // Each thread counts in a block of its own, so that threads do not meet at one counter.
    [ThreadStatic]
    private static ulong _next;

    /// <summary>Whether this is the default value, which stands for no answer.</summary>
    public bool IsEmpty => High == 0 && Low == 0;

    /// <summary>A new identity.</summary>
    /// <returns>The identity.</returns>
    public static PredictionId New()
    {
        var next = _next;
        if (next % Block == 0)
            next = Interlocked.Increment(ref _blocks) * Block;
        _next = next + 1;
        return new PredictionId(Process, next);
    }

    /// <summary>Reads 32 hexadecimal digits.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The identity.</returns>
    /// <exception cref="InvalidInputException">The text is not of that form.</exception>
    public static PredictionId Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length != 32 ||
            !ulong.TryParse(text.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var high) ||
            !ulong.TryParse(text.AsSpan(16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var low))
            throw new InvalidInputException($"'{text}' is not a prediction id: expected 32 hexadecimal digits.");
        return new PredictionId(high, low);
    }

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{High:x16}{Low:x16}");
}
