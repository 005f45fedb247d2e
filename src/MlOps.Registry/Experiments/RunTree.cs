namespace MlOps.Registry;

/// <summary>A run and the runs below it.</summary>
/// <param name="Run">The run.</param>
/// <param name="Children">The runs that are directly part of it, in the order of their start.</param>
public sealed record RunTree(RunRecord Run, IReadOnlyList<RunTree> Children)
{
    /// <summary>The run and all below it, each before its children.</summary>
    /// <returns>The runs.</returns>
    public IEnumerable<RunRecord> Flatten() => Children.SelectMany(child => child.Flatten()).Prepend(Run);
}
