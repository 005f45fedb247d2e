using System.Numerics;
using System.Runtime.InteropServices;

namespace MlOps;

/// <summary>
/// Counts distinct 64-bit hashes exactly up to a bound and estimates beyond it: HyperLogLog (Flajolet, Fusy, Gandouet and Meunier, 2007) with
/// 2^14 registers and linear counting for few. Not thread-safe.
/// </summary>
internal sealed class DistinctCounter(int maxExact)
{
    private const int Bits = 14;
    private readonly Dictionary<ulong, (int First, long Count)> _exact = [];
    private byte[]? _registers;

    public bool IsEstimate => _registers is not null;

    /// <summary>Distinct hashes with their first row and their count; null when there are too many.</summary>
    public IReadOnlyDictionary<ulong, (int First, long Count)>? Counts => _registers is null ? _exact : null;

    public int Count => _registers is null ? _exact.Count : (int)Math.Min(int.MaxValue, Math.Round(Estimate(_registers)));

    public void Add(ulong hash, int row)
    {
        if (_registers is not null)
        {
            Register(_registers, hash);
            return;
        }

        ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_exact, hash, out var exists);
        known = exists ? (known.First, known.Count + 1) : (row, 1);
        if (_exact.Count <= maxExact)
            return;
        _registers = new byte[1 << Bits];
        foreach (var seen in _exact.Keys)
            Register(_registers, seen);
        _exact.Clear();
        _exact.TrimExcess();
    }

    private static void Register(byte[] registers, ulong hash)
    {
        var rank = (byte)(BitOperations.LeadingZeroCount((hash << Bits) | (1UL << (Bits - 1))) + 1);
        ref var register = ref registers[hash >> (64 - Bits)];
        register = Math.Max(register, rank);
    }

    private static double Estimate(byte[] registers)
    {
        var (sum, empty) = (0.0, 0);
        foreach (var rank in registers)
        {
            sum += Math.ScaleB(1, -rank);
            empty += rank == 0 ? 1 : 0;
        }

        double m = registers.Length;
        var estimate = 0.7213 / (1 + (1.079 / m)) * m * m / sum;
        return estimate <= 2.5 * m && empty > 0 ? m * Math.Log(m / empty) : estimate;
    }
}
