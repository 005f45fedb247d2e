using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;

namespace MlOps.AspNetCore;

/// <summary>The API keys of one environment, known by their hashes, each with its own rate.</summary>
internal sealed class KeyTable
{
    public const int MaximumKeyLength = 256;

    private readonly Caller[] _callers;
    private readonly Caller? _anonymous;

    public KeyTable(string environment, HttpEnvironmentOptions options, bool isDevelopment)
    {
        var rate = options.RequestsPerSecond;
        if (!double.IsFinite(rate) || rate < 0 || options.Burst < 0)
            throw new InvalidDefinitionException($"MlOps:Environments:{environment}:Http asks for {rate} requests per second and a burst of {options.Burst}: use 0 (no limit) or more.");
        _callers = [.. options.ApiKeys.Select(pair => new Caller(pair.Key, Parse(environment, pair.Key, pair.Value), Limiter(options)))];
        if (options.AllowAnonymous ?? (isDevelopment && _callers.Length == 0))
            _anonymous = new Caller("anonymous", [], Limiter(options));
    }

    /// <summary>Whether anybody can call at all.</summary>
    public bool IsClosed => _callers.Length == 0 && _anonymous is null;

    /// <summary>The caller without a key; null when a key is needed.</summary>
    public Caller? Anonymous => _anonymous;

    /// <summary>The caller that a key belongs to. Takes the same time whichever it is.</summary>
    public Caller? Find(ReadOnlySpan<char> key)
    {
        if (key.IsEmpty || key.Length > MaximumKeyLength)
            return null;
        Span<byte> text = stackalloc byte[MaximumKeyLength * 3];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..Encoding.UTF8.GetBytes(key, text)], hash);
        Caller? found = null;
        foreach (var caller in _callers)
        {
            if (CryptographicOperations.FixedTimeEquals(caller.Hash, hash))
                found = caller;
        }

        return found;
    }

    private static byte[] Parse(string environment, string name, string hash)
    {
        var digits = hash.StartsWith("sha256:", StringComparison.OrdinalIgnoreCase) ? hash["sha256:".Length..] : hash;
        // The value itself is not shown: somebody may have written the key there.
        return digits.Length == 64 && digits.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(digits)
            : throw new InvalidDefinitionException($"MlOps:Environments:{environment}:Http:ApiKeys:{name} is not a SHA-256 of 64 hexadecimal digits: use ApiKeys.Hash(key).");
    }

    private static TokenBucketRateLimiter? Limiter(HttpEnvironmentOptions options)
    {
        if (options.RequestsPerSecond == 0)
            return null;
        // Whole tokens in periods of at least 10 ms, so that low and high rates are both kept.
        var period = TimeSpan.FromSeconds(Math.Max(0.01, 1 / options.RequestsPerSecond));
        var tokens = Math.Max(1, (int)Math.Round(options.RequestsPerSecond * period.TotalSeconds));
        return new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
        {
            TokenLimit = Math.Max(tokens, options.Burst > 0 ? options.Burst : (int)Math.Ceiling(options.RequestsPerSecond)),
            TokensPerPeriod = tokens,
            ReplenishmentPeriod = period,
            QueueLimit = 0,
            AutoReplenishment = true,
        });
    }

    /// <summary>Somebody who may call.</summary>
    internal sealed class Caller(string name, byte[] hash, TokenBucketRateLimiter? limiter)
    {
        public string Name => name;

        public byte[] Hash => hash;

        /// <summary>Takes a token; otherwise says how long to wait.</summary>
        public bool TryAcquire(out TimeSpan retryAfter)
        {
            retryAfter = default;
            if (limiter is null)
                return true;
            using var lease = limiter.AttemptAcquire();
            if (lease.IsAcquired)
                return true;
            if (!lease.TryGetMetadata(MetadataName.RetryAfter, out retryAfter) || retryAfter <= TimeSpan.Zero)
                retryAfter = TimeSpan.FromSeconds(1);
            return false;
        }
    }
}
