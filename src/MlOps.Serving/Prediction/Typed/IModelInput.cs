using MlOps.Serving;

namespace MlOps;

/// <summary>A type that becomes a model's input. Written by the source generator for types marked <see cref="ModelInputAttribute"/>.</summary>
/// <typeparam name="TSelf">The type itself.</typeparam>
public interface IModelInput<TSelf>
    where TSelf : IModelInput<TSelf>
{
    /// <summary>How it becomes features or tensors.</summary>
    static abstract ModelInputBinding<TSelf> Binding { get; }
}
