using System.Security.Cryptography;

namespace MlOps.Features;

/// <summary>Entities to be forgotten, by a hash of the key, so that the metadata store never holds a key.</summary>
internal sealed class Erasures(IReadOnlyDictionary<string, long> commits)
{
    public static Erasures None { get; } = new(new Dictionary<string, long>());

    public bool IsEmpty => commits.Count == 0;

    public static string HashOf(ReadOnlySpan<byte> key) => Convert.ToHexStringLower(SHA256.HashData(key));

    /// <summary>The commit up to which an entity's rows are to be forgotten; <see cref="long.MinValue"/> for none.</summary>
    public long CommitOf(ReadOnlySpan<byte> key) => !IsEmpty && commits.TryGetValue(HashOf(key), out var commit) ? commit : long.MinValue;

    /// <summary>Takes an entity out of the segments that hold what is to be forgotten. Merges leave such rows out, so that a later segment is clean.</summary>
    public void Hide(ReadOnlySpan<byte> key, LoadedSegment[] segments, Span<int> locals)
    {
        var commit = CommitOf(key);
        for (var s = 0; s < segments.Length && commit != long.MinValue; s++)
        {
            if (segments[s].Commit <= commit)
                locals[s] = -1;
        }
    }

    public bool Covers(Erasures other) => other.Entries.All(entry => commits.TryGetValue(entry.Key, out var commit) && commit >= entry.Value);

    private IEnumerable<KeyValuePair<string, long>> Entries => commits;
}
