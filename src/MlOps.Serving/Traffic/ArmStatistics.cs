namespace MlOps.Serving;

/// <summary>Rewards of a variant as count, mean and sum of squared deviations. Two of them merge exactly (Chan, Golub and LeVeque, 1979).</summary>
internal readonly record struct ArmStatistics(long Count, double Mean, double Squares)
{
    public double Sum => Count * Mean;

    public ArmStatistics Add(double reward) => Merge(new ArmStatistics(1, reward, 0));

    public ArmStatistics Merge(ArmStatistics other)
    {
        if (Count == 0)
            return other;
        if (other.Count == 0)
            return this;
        var count = Count + other.Count;
        var delta = other.Mean - Mean;
        return new ArmStatistics(
            count, Mean + (delta * other.Count / count), Squares + other.Squares + (delta * delta * ((double)Count * other.Count / count)));
    }
}
