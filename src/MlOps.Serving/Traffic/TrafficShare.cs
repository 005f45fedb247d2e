namespace MlOps.Serving;

/// <summary>A model version's part of an endpoint's traffic.</summary>
/// <param name="Version">The version.</param>
/// <param name="Weight">Its weight; shares are the weights over their sum.</param>
/// <param name="Variant">Its name in answers and metrics, for instance <c>stable</c> or <c>canary</c>.</param>
public sealed record TrafficShare(ModelVersionRef Version, double Weight, string Variant)
{
    /// <summary>
    /// The registry's alias that this share follows: when it moves, the endpoint loads and verifies the new version and then gives it this
    /// share, in every process. <see cref="Version"/> is what the alias pointed at when the traffic was last written.
    /// </summary>
    /// <value>Default: null, the share stays with its version.</value>
    public string? Alias { get; init; }

    /// <summary>A share that follows an alias of the registry; its version is found when the traffic is set.</summary>
    /// <param name="model">The model.</param>
    /// <param name="alias">The alias, for instance <c>champion</c>.</param>
    /// <param name="weight">Its weight.</param>
    /// <param name="variant">Its name in answers and metrics.</param>
    /// <returns>The share.</returns>
    public static TrafficShare Following(string model, string alias, double weight = 1, string variant = TrafficPolicy.Stable)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        ArgumentException.ThrowIfNullOrEmpty(alias);
        return new TrafficShare(new ModelVersionRef(model, 0), weight, variant) { Alias = alias };
    }
}
