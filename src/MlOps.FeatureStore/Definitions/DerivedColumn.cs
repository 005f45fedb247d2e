namespace MlOps.Features;

/// <summary>A column computed from others of the same row before anything else sees it: a row transform, the same offline and online.</summary>
public sealed class DerivedColumn
{
    internal DerivedColumn(string name, IReadOnlyList<string> inputs, Func<ReadOnlySpan<double>, double> compute, string version)
    {
        Name = name;
        Inputs = inputs;
        Compute = compute;
        Version = version;
    }

    /// <summary>The name of the new column.</summary>
    public string Name { get; }

    /// <summary>The columns it is computed from: Boolean, numbers or earlier derived columns; null comes as NaN.</summary>
    public IReadOnlyList<string> Inputs { get; }

    /// <summary>The pure function; NaN means no value.</summary>
    public Func<ReadOnlySpan<double>, double> Compute { get; }

    /// <summary>Stands for the code in the definition's hash: change it when the function changes its meaning.</summary>
    public string Version { get; }
}
