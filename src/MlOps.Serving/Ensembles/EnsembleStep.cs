namespace MlOps.Serving;

/// <summary>A step whose model is loaded.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Runtime">Its model; null for a function.</param>
/// <param name="Function">Its function; null for a model.</param>
/// <param name="Takes">The ensemble's value for each input.</param>
/// <param name="Gives">The ensemble's value for each output.</param>
internal sealed record EnsembleStep(
    string Name, IModelRuntime? Runtime, TensorFunction? Function, IReadOnlyDictionary<string, string> Takes, IReadOnlyDictionary<string, string> Gives)
{
    public IReadOnlyList<string> Wanted { get; } = [.. Gives.Keys];

    /// <summary>The session behind it, whose values need not be copied.</summary>
    public OnnxModelRuntime? Native { get; } = Runtime as OnnxModelRuntime;
}
