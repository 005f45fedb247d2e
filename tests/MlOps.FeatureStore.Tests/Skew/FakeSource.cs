namespace MlOps.Features.Tests;

/// <summary>What a host may put between the store and the model, rightly or wrongly.</summary>
internal class FakeSource(IFeatureVectorSource source) : IFeatureVectorSource
{
    public string Id => source.Id;

    public IReadOnlyList<string> KeyNames => source.KeyNames;

    public virtual IReadOnlyList<string> FeatureNames => source.FeatureNames;

    /// <summary>Changes what is asked.</summary>
    public Func<string[], Timestamp, (string[] Keys, Timestamp AsOf)>? Ask { get; init; }

    /// <summary>Changes what is answered.</summary>
    public Action<string[], Timestamp, Memory<float>>? Answer { get; init; }

    public virtual async ValueTask ReadAsync(ReadOnlyMemory<string> keys, Timestamp asOf, Memory<float> destination, CancellationToken cancellationToken = default)
    {
        var asked = Ask?.Invoke(keys.ToArray(), asOf) ?? (keys.ToArray(), asOf);
        await source.ReadAsync(asked.Keys, asked.AsOf, destination, cancellationToken);
        Answer?.Invoke(keys.ToArray(), asOf, destination);
    }

    public int Index(string feature) => FeatureNames.ToList().IndexOf(feature);
}
