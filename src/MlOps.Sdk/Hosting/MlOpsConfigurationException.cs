namespace MlOps;

/// <summary>The host is configured wrongly; it did not start; no traffic, model or run was changed. All mistakes are listed.</summary>
/// <param name="mistakes">One entry per mistake, each with its remedy.</param>
public sealed class MlOpsConfigurationException(IReadOnlyList<string> mistakes)
    : MlOpsException($"MlOps cannot start, {mistakes.Count} mistake{(mistakes.Count == 1 ? "" : "s")}:{Environment.NewLine}- {string.Join(Environment.NewLine + "- ", mistakes)}")
{
    /// <summary>One entry per mistake.</summary>
    public IReadOnlyList<string> Mistakes { get; } = mistakes;
}
