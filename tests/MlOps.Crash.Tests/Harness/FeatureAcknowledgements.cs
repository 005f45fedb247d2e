namespace MlOps.Crash.Tests;

/// <summary>What killed processes had said was done to a feature store.</summary>
internal sealed class FeatureAcknowledgements
{
    public FeatureAcknowledgements() => Array.Fill(Written, -1);

    /// <summary>The last offset of each partition.</summary>
    public long[] Written { get; } = new long[FeatureRows.Partitions];

    public long Ingested { get; private set; } = -1;

    public int Count { get; private set; }

    public void Add(string line)
    {
        if (FeaturePlan.Numbers(line) is not { } numbers)
            return;
        switch (line[0])
        {
            case 'W':
                Written[numbers[0]] = Math.Max(Written[numbers[0]], numbers[1]);
                break;
            case 'B':
                Ingested = Math.Max(Ingested, numbers[0]);
                break;
        }

        Count++;
    }
}
