using MlOps.Features;

namespace MlOps;

/// <summary>A type whose binding to columns and features is known at compile time. The generator implements it for <see cref="FeatureRowAttribute"/> and <see cref="FeatureVectorAttribute"/>.</summary>
/// <typeparam name="TSelf">The type itself.</typeparam>
public interface IFeatureRow<TSelf>
    where TSelf : IFeatureRow<TSelf>
{
    /// <summary>The binding.</summary>
    static abstract FeatureRowBinding<TSelf> Binding { get; }
}
