namespace MlOps.Features;

/// <summary>That a view or a feature should no longer be used. Reading it goes on.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Since">Since when; null when it was not said.</param>
/// <param name="Replacement">What to use instead, such as <c>view/feature</c>.</param>
public sealed record FeatureDeprecation(string Reason, Timestamp? Since = null, string? Replacement = null)
{
    /// <inheritdoc />
    public override string ToString() =>
        $"deprecated{(Since is { } since ? $" since {since}" : "")}: {Reason}{(Replacement is { } other ? $" Use '{other}' instead." : "")}";
}
