namespace MlOps.Serving;

/// <summary>
/// Decides which model goes first when memory is short: the one with the least requests (or load time) spared per byte, where requests
/// fade with a half-life counted in requests of all models. Counts outlive the model's stay in memory, which is what lets it come within
/// a percent of a choice that knows the probabilities (Models/README.md). Not thread-safe.
/// </summary>
internal sealed class UnloadPolicy(UnloadGoal goal)
{
    private const long LeastHalfLife = 10_000;
    private const int HalfLifePerModel = 32;

    /// <summary>Requests counted so far: the policy's clock.</summary>
    public long Requests { get; private set; }

    /// <summary>Models that the policy knows of; more of them need a longer memory.</summary>
    public int Known { get; set; }

    public void Count(ModelUse use, long requests)
    {
        Requests += requests;
        use.Weight = Weight(use) + requests;
        use.CountedAt = Requests;
    }

    /// <summary>What a model's stay is worth per byte.</summary>
    public double Value(ModelUse use)
    {
        var perByte = Weight(use) / Math.Max(1, use.Bytes);
        return goal == UnloadGoal.LeastLoadTime ? perByte * Math.Max(1e-6, use.LoadTime.TotalSeconds) : perByte;
    }

    private double Weight(ModelUse use)
    {
        var age = Requests - use.CountedAt;
        return age == 0 ? use.Weight : use.Weight * double.Exp2(-(double)age / Math.Max(LeastHalfLife, (long)Known * HalfLifePerModel));
    }
}
