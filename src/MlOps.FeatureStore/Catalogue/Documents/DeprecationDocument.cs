namespace MlOps.Features;

/// <summary>A stored deprecation; the moment in microseconds.</summary>
internal sealed record DeprecationDocument(string Reason, long? Since, string? Replacement)
{
    public static DeprecationDocument? Of(FeatureDeprecation? deprecation) =>
        deprecation is null ? null : new DeprecationDocument(deprecation.Reason, deprecation.Since?.Microseconds, deprecation.Replacement);

    public FeatureDeprecation ToDeprecation() => new(Reason, Since is { } since ? new Timestamp(since) : null, Replacement);
}
