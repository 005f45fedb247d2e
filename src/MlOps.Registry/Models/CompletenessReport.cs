namespace MlOps.Registry;

/// <summary>Which of the eight artifact kinds a version has.</summary>
/// <param name="Present">The kinds that have at least one artifact.</param>
/// <param name="Missing">The kinds that have none.</param>
public sealed record CompletenessReport(IReadOnlyList<ModelArtifactKind> Present, IReadOnlyList<ModelArtifactKind> Missing)
{
    /// <summary>Whether all eight are there.</summary>
    public bool IsComplete => Missing.Count == 0;

    /// <summary>How kinds are added, for messages: each with the call of <see cref="ModelVersionBuilder"/> that adds it.</summary>
    /// <param name="kinds">The kinds that are missing.</param>
    /// <returns>For instance <c>Data (ModelVersionBuilder.WithData)</c>.</returns>
    public static string HowToAdd(params IEnumerable<ModelArtifactKind> kinds)
    {
        ArgumentNullException.ThrowIfNull(kinds);
        return string.Join(", ", kinds.Select(kind => $"{kind} ({nameof(ModelVersionBuilder)}.{CallFor(kind)})"));
    }

    private static string CallFor(ModelArtifactKind kind) => kind switch
    {
        ModelArtifactKind.Definition => nameof(ModelVersionBuilder.WithDefinition),
        ModelArtifactKind.Parameters => nameof(ModelVersionBuilder.WithParameters),
        ModelArtifactKind.Functions => nameof(ModelVersionBuilder.WithOnnx),
        ModelArtifactKind.Dependencies => nameof(ModelVersionBuilder.WithDependencies),
        ModelArtifactKind.Data => nameof(ModelVersionBuilder.WithData),
        ModelArtifactKind.GenerationCode => nameof(ModelVersionBuilder.WithGeneration),
        ModelArtifactKind.ExperimentArtifacts => nameof(ModelVersionBuilder.WithMetrics),
        _ => nameof(ModelVersionBuilder.WithTags),
    };
}
