namespace MlOps.Serving;

/// <summary>Which version gave an answer, for the newest answers: a table of fixed size in which a newer answer takes the place of an older one.</summary>
internal sealed class AnswerMemory(int capacity)
{
    private readonly Entry[] _entries = new Entry[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)capacity)];
    private readonly Lock _gate = new();

    public void Remember(PredictionId id, string version)
    {
        lock (_gate)
            _entries[Place(id)] = new Entry(id, version);
    }

    /// <summary>The version that gave an answer, once: a reward is counted once. Null where it is not known (any more).</summary>
    public string? Take(PredictionId id)
    {
        lock (_gate)
        {
            ref var entry = ref _entries[Place(id)];
            if (entry.Id != id)
                return null;
            var version = entry.Version;
            entry = default;
            return version;
        }
    }

    // Identities of one process count up, so its newest answers never share a place.
    private int Place(PredictionId id) => (int)((id.Low ^ (id.High >> 32)) & (ulong)(_entries.Length - 1));

    private readonly record struct Entry(PredictionId Id, string? Version);
}
