using MlOps.Serving;

namespace MlOps;

/// <summary>A type that is made of a model's output. Written by the source generator for types marked <see cref="ModelOutputAttribute"/>.</summary>
/// <typeparam name="TSelf">The type itself.</typeparam>
public interface IModelOutput<TSelf>
    where TSelf : IModelOutput<TSelf>
{
    /// <summary>How it is made of scores or tensors.</summary>
    static abstract ModelOutputBinding<TSelf> Binding { get; }
}
