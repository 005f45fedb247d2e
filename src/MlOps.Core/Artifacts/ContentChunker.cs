using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace MlOps.Artifacts;

/// <summary>
/// Cuts bytes where their content says so, so that an insertion moves only the cuts beside it: FastCDC (Xia et al., "FastCDC: a Fast
/// and Efficient Content-Defined Chunking Approach for Data Deduplication", USENIX ATC 2016): a gear hash, no cut below a minimum, a
/// harder condition before the average and an easier one after it (normalisation level 2).
/// </summary>
internal sealed class ContentChunker
{
    private static readonly ulong[] Gear = MakeGear();
    private readonly ulong _hard;
    private readonly ulong _easy;

    public ContentChunker(int averageBytes)
    {
        var bits = BitOperations.Log2((uint)averageBytes);
        Average = averageBytes;
        Minimum = averageBytes / 4;
        Maximum = averageBytes * 4;
        _hard = High(bits + 2);
        _easy = High(bits - 2);
    }

    public int Minimum { get; }

    public int Average { get; }

    public int Maximum { get; }

    /// <summary>The length of the chunk that begins here, or 0 when more bytes are needed to tell.</summary>
    public int Cut(ReadOnlySpan<byte> bytes, bool isEnd)
    {
        var end = Math.Min(bytes.Length, Maximum);
        if (end > Minimum)
        {
            var hash = 0UL;
            ref var first = ref MemoryMarshal.GetReference(bytes);
            ref var gear = ref MemoryMarshal.GetArrayDataReference(Gear);
            // The hash of the 64 bytes before the first possible cut, so that a cut depends on content alone.
            var at = Scan(ref first, ref gear, Math.Max(0, Minimum - 64), Minimum, ulong.MaxValue, ref hash);
            at = Scan(ref first, ref gear, Minimum, Math.Min(end, Average), _hard, ref hash);
            if (at > 0 || (at = Scan(ref first, ref gear, Average, end, _easy, ref hash)) > 0)
                return at;
        }

        return bytes.Length >= Maximum ? Maximum : isEnd ? bytes.Length : 0;
    }

    // The mask looks at the high bits, which the last 64 bytes have all reached.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Scan(ref byte bytes, ref ulong gear, int from, int to, ulong mask, ref ulong state)
    {
        var hash = state;
        for (var i = from; i < to; i++)
        {
            hash = (hash << 1) + Unsafe.Add(ref gear, Unsafe.Add(ref bytes, i));
            if ((hash & mask) == 0)
            {
                state = hash;
                return i + 1;
            }
        }

        state = hash;
        return 0;
    }

    private static ulong High(int bits) => ulong.MaxValue << (64 - bits);

    private static ulong[] MakeGear()
    {
        // Any fixed random numbers serve; these can be made again by anybody. Changing them would end all sharing with what is stored.
        var gear = new ulong[256];
        Span<byte> hash = stackalloc byte[32];
        for (var i = 0; i < gear.Length; i++)
        {
            SHA256.HashData([(byte)'g', (byte)'e', (byte)'a', (byte)'r', (byte)i], hash);
            gear[i] = BinaryPrimitives.ReadUInt64LittleEndian(hash);
        }

        return gear;
    }
}
