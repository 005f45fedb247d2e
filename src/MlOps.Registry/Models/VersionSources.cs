using System.Text.Json;

namespace MlOps.Registry;

/// <summary>
/// Where a version says that it came from: its data references and the feature service of its requests. Kept beside the version, so that
/// "what was made from this data" is a look-up. Artifacts of another shape are the user's own and say nothing.
/// </summary>
internal static class VersionSources
{
    public const string DataKind = "data";
    public const string FeaturesKind = "features";
    public const string ReferencesArtifact = "references";
    private const int LargestArtifact = 4 << 20;
    private const int MostSources = 5_000;

    public static async ValueTask<IReadOnlyList<VersionSource>> ReadAsync(
        IArtifactStore store, IReadOnlyList<ModelArtifact> artifacts, CancellationToken cancellationToken)
    {
        var sources = new List<VersionSource>();
        foreach (var artifact in artifacts.Where(Tells))
        {
            var isData = artifact.Kind == ModelArtifactKind.Data;
            var bytes = await store.GetBytesAsync(artifact.Content, LargestArtifact, cancellationToken).ConfigureAwait(false);
            try
            {
                using var document = JsonDocument.Parse(bytes);
                sources.AddRange(isData ? Data(document.RootElement) : Features(document.RootElement));
            }
            catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                continue;
            }
        }

        return [.. sources.Where(IsBounded).Take(MostSources).DistinctBy(source => (source.Kind, source.Role, source.Name))];
    }

    /// <summary>Whether an artifact may say where its version came from.</summary>
    public static bool Tells(ModelArtifact artifact) =>
        artifact is { Kind: ModelArtifactKind.Data, Name: ReferencesArtifact } or { Kind: ModelArtifactKind.Functions, Name: ModelArtifactNames.Featurize } &&
        artifact.Content.Size <= LargestArtifact;

    /// <summary>Whether a text names a feature service by its definitions, <c>name@hash</c>.</summary>
    public static bool IsFeatureService(string text)
    {
        var at = text.LastIndexOf('@');
        return at is > 0 and <= 200 && text.Length == at + 17 &&
            text.AsSpan(at + 1).IndexOfAnyExcept("0123456789abcdef") < 0 && text.AsSpan(0, at).IndexOfAnyExcept("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-") < 0;
    }

    private static List<VersionSource> Data(JsonElement root)
    {
        var found = new List<VersionSource>();
        if (root.GetProperty("formatVersion").GetInt32() != 1)
            return found;
        foreach (var item in root.GetProperty("data").EnumerateArray())
        {
            found.Add(new VersionSource(
                DataKind, item.GetProperty("name").GetString() ?? "", item.GetProperty("role").GetString() ?? "", item.GetProperty("digest").GetString() ?? "",
                item.TryGetProperty("source", out var source) ? source.GetString() ?? "" : "",
                item.TryGetProperty("rows", out var rows) ? rows.GetInt64() : null));
        }

        return found;
    }

    private static IEnumerable<VersionSource> Features(JsonElement root)
    {
        if (root.TryGetProperty("service", out var service) && service.GetString() is { } id && IsFeatureService(id))
            yield return new VersionSource(FeaturesKind, ModelArtifactNames.Featurize, "", id, "", null);
    }

    private static bool IsBounded(VersionSource source) =>
        source.Id is { Length: > 0 and <= 1_000 } && source.Name.Length <= 1_000 && source.Role.Length <= 1_000 && source.Origin.Length <= 5_000 &&
        !source.Id.Contains('\0', StringComparison.Ordinal) && !source.Name.Contains('\0', StringComparison.Ordinal) &&
        !source.Role.Contains('\0', StringComparison.Ordinal) && !source.Origin.Contains('\0', StringComparison.Ordinal);
}

/// <summary>One thing that a version was made from.</summary>
internal sealed record VersionSource(string Kind, string Name, string Role, string Id, string Origin, long? Rows);
