using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace MlOps.AspNetCore;

/// <summary>Makes API keys and the hashes that configurations keep of them.</summary>
public static class ApiKeys
{
    /// <summary>A new key of 256 random bits; show it once and store only its hash.</summary>
    /// <returns>The key, <c>mlops_</c> and 43 characters.</returns>
    public static string New() => "mlops_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>What the configuration keeps: the SHA-256 of the key's UTF-8 bytes.</summary>
    /// <param name="key">The key.</param>
    /// <returns>64 hexadecimal digits.</returns>
    public static string Hash(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
    }
}
