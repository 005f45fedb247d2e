namespace MlOps.Learning;

/// <summary>
/// Random numbers by position rather than by order of drawing (SplitMix64's finaliser, Steele et al. 2014): any thread gets the same
/// number for the same (seed, stream, index), and no .NET release changes it.
/// </summary>
internal static class SeededHash
{
    public static ulong Next(long seed, long stream, long index)
    {
        unchecked
        {
            ulong x = Mix((ulong)seed + 0x9E3779B97F4A7C15UL);
            x = Mix(x ^ ((ulong)stream * 0xD1B54A32D192ED03UL));
            return Mix(x + ((ulong)(index + 1) * 0x9E3779B97F4A7C15UL));
        }
    }

    /// <summary>A number in [0, 1).</summary>
    public static double Unit(long seed, long stream, long index) => (Next(seed, stream, index) >> 11) * (1.0 / (1UL << 53));

    private static ulong Mix(ulong x)
    {
        unchecked
        {
            x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
            x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
            return x ^ (x >> 31);
        }
    }
}
