using System.Globalization;
using System.Text.Json;

namespace MlOps.Registry;

/// <summary>What the artifacts of a version say about data, code and dependencies, as texts that can be compared.</summary>
internal sealed record ComparisonRecords(
    Dictionary<string, string> HyperParameters, Dictionary<string, string> Code, Dictionary<string, string> Data,
    Dictionary<string, string> Dependencies, Dictionary<string, string> Platform)
{
    private const int LargestRecord = 16 << 20;
    private static readonly string[] GenerationFields = ["framework", "algorithm", "split", "experiments", "seed", "commit", "pipelineHash", "stepHash"];
    private static readonly string[] SourceFields = ["dirty", "diff", "untracked"];
    private static readonly string[] PlatformFields = ["runtime", "runtimeIdentifier", "operatingSystem", "processor", "processorCount", "memoryBytes"];

    public static async ValueTask<ComparisonRecords> ReadAsync(ModelVersion version, IArtifactStore artifacts, CancellationToken cancellationToken)
    {
        var records = new ComparisonRecords([], [], [], [], []);
        await records.AddAsync(version, artifacts, ModelArtifactKind.GenerationCode, GenerationRecord.ArtifactName, root =>
        {
            Fill(records.Code, root, GenerationFields);
            if (root.TryGetProperty("hyperParameters", out var parameters))
                Fill(records.HyperParameters, parameters, [.. parameters.EnumerateObject().Select(parameter => parameter.Name)]);
        }, cancellationToken).ConfigureAwait(false);
        await records.AddAsync(version, artifacts, ModelArtifactKind.GenerationCode, SourceState.ArtifactName, root =>
        {
            Fill(records.Code, root, SourceFields);
            Fill(records.Code, root, ["commit"]);
        }, cancellationToken).ConfigureAwait(false);
        await records.AddAsync(version, artifacts, ModelArtifactKind.Data, VersionSources.ReferencesArtifact, root =>
        {
            foreach (var item in root.GetProperty("data").EnumerateArray())
            {
                var rows = item.TryGetProperty("rows", out var count) ? string.Create(CultureInfo.InvariantCulture, $" ({count.GetInt64()} rows)") : "";
                records.Data[$"{item.GetProperty("role").GetString()}/{item.GetProperty("name").GetString()}"] = item.GetProperty("digest").GetString() + rows;
            }
        }, cancellationToken).ConfigureAwait(false);
        await records.AddAsync(version, artifacts, ModelArtifactKind.Dependencies, "dependencies", root =>
        {
            Fill(records.Platform, root, PlatformFields);
            if (root.TryGetProperty("accelerators", out var accelerators))
                records.Platform["accelerators"] = string.Join(", ", StoredJson.ReadStrings(accelerators));
            foreach (var package in root.GetProperty("packages").EnumerateArray())
            {
                var (name, number) = (package.GetProperty("name").GetString()!, package.GetProperty("version").GetString()!);
                records.Dependencies[name] = records.Dependencies.TryGetValue(name, out var other) ? $"{other}, {number}" : number;
            }
        }, cancellationToken).ConfigureAwait(false);
        return records;
    }

    private async ValueTask AddAsync(
        ModelVersion version, IArtifactStore artifacts, ModelArtifactKind kind, string name, Action<JsonElement> read, CancellationToken cancellationToken)
    {
        if (version.Find(kind, name) is not { } artifact)
            return;
        var bytes = await artifacts.GetBytesAsync(artifact.Content, LargestRecord, cancellationToken).ConfigureAwait(false);
        try
        {
            using var document = JsonDocument.Parse(bytes);
            read(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // The name is taken by an artifact of the user's own; its digest is compared with the others.
            Code.TryAdd($"{kind}/{name}", "not in the library's format");
        }
    }

    private static void Fill(Dictionary<string, string> target, JsonElement root, IReadOnlyList<string> fields)
    {
        foreach (var field in fields)
        {
            if (root.TryGetProperty(field, out var value))
                target[field] = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        }
    }
}
