using System.Security.Cryptography;

namespace MlOps.Core.Tests.Audit;

/// <summary>The definitions of RFC 6962 section 2.1, written down as they stand there.</summary>
internal static class NaiveMerkle
{
    public static byte[] Hash(byte[][] leaves) => leaves.Length switch
    {
        0 => SHA256.HashData([]),
        1 => SHA256.HashData([0, .. leaves[0]]),
        var n => SHA256.HashData([1, .. Hash(leaves[..Split(n)]), .. Hash(leaves[Split(n)..])]),
    };

    public static List<byte[]> Path(int index, byte[][] leaves)
    {
        if (leaves.Length == 1)
            return [];
        var k = Split(leaves.Length);
        return index < k ? [.. Path(index, leaves[..k]), Hash(leaves[k..])] : [.. Path(index - k, leaves[k..]), Hash(leaves[..k])];
    }

    public static List<byte[]> Proof(int first, byte[][] leaves) => first == 0 ? [] : Sub(first, leaves, true);

    private static List<byte[]> Sub(int m, byte[][] leaves, bool whole)
    {
        if (m == leaves.Length)
            return whole ? [] : [Hash(leaves)];
        var k = Split(leaves.Length);
        return m <= k ? [.. Sub(m, leaves[..k], whole), Hash(leaves[k..])] : [.. Sub(m - k, leaves[k..], false), Hash(leaves[..k])];
    }

    private static int Split(int n)
    {
        var k = 1;
        while (k * 2 < n)
            k *= 2;
        return k;
    }
}
