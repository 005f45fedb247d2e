namespace MlOps.Serving;

/// <summary>Says where a step's inputs come from and what its outputs are called in the ensemble. What is not said keeps its name.</summary>
public sealed class EnsembleStepBuilder
{
    internal Dictionary<string, string> Takes { get; } = new(StringComparer.Ordinal);

    internal Dictionary<string, string> Gives { get; } = new(StringComparer.Ordinal);

    /// <summary>Gives a value of the ensemble to an input of the step.</summary>
    /// <param name="input">The step's input.</param>
    /// <param name="value">The ensemble's value; null means of the same name.</param>
    /// <returns>This builder.</returns>
    public EnsembleStepBuilder Take(string input, string? value = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(input);
        if (!Takes.TryAdd(input, value ?? input))
            throw new InvalidDefinitionException($"Input '{input}' of a step is taken twice.");
        return this;
    }

    /// <summary>Makes an output of the step a value of the ensemble.</summary>
    /// <param name="output">The step's output.</param>
    /// <param name="value">The ensemble's value; null means of the same name.</param>
    /// <returns>This builder.</returns>
    public EnsembleStepBuilder Give(string output, string? value = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(output);
        if (!Gives.TryAdd(output, value ?? output))
            throw new InvalidDefinitionException($"Output '{output}' of a step is given twice.");
        return this;
    }
}
