using System.Text.Json;
using MlOps.Registry;

namespace MlOps.Orchestration;

/// <summary>Says how a pipeline run made a model version, as SLSA provenance v1 that can be signed.</summary>
public static class PipelineProvenance
{
    /// <summary>The build type: external parameters are <c>pipeline</c> and <c>input</c>, internal ones <c>codeVersion</c> and <c>definitionHash</c>.</summary>
    public const string BuildType = "urn:mlops-sdk:pipeline-run:v1";

    private const int LargestRecord = 16 << 20;

    /// <summary>
    /// Collects the provenance from the run, the version's generation record (git commit), its data references and the inputs of its
    /// tracking run.
    /// </summary>
    /// <param name="environment">The environment of run and version.</param>
    /// <param name="run">The run that made the version.</param>
    /// <param name="version">The version.</param>
    /// <param name="builderId">Who vouches for it, as a URI, for instance <c>https://ci.example.com/training</c>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The provenance; sign <see cref="SlsaProvenance.ToStatement"/> with <see cref="IModelSignatures"/>.</returns>
    /// <exception cref="InvalidInputException">The run did not make the version.</exception>
    public static async ValueTask<SlsaProvenance> CreateAsync(
        IMlOpsEnvironment environment, PipelineRun run, ModelVersion version, string builderId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(version);
        if (run.Model != version.Ref && (run.TrackingRunId is null || run.TrackingRunId != version.RunId))
        {
            throw new InvalidInputException(
                $"Run {run.Id} of pipeline '{run.Pipeline}' did not make {version.Ref}: it made {(run.Model is { } model ? model.ToString() : "no version")}, and {version.Ref} names {(version.RunId is { } id ? $"run {id}" : "no run")}.");
        }

        var dependencies = new List<SlsaDependency>();
        if (await ReadAsync(environment, version, ModelArtifactKind.GenerationCode, GenerationRecord.ArtifactName, Commit, cancellationToken).ConfigureAwait(false) is { } commit)
            dependencies.Add(new SlsaDependency("source", "", "gitCommit", commit));
        dependencies.AddRange(await ReadAsync(environment, version, ModelArtifactKind.Data, "references", Data, cancellationToken).ConfigureAwait(false) ?? []);
        if (run.TrackingRunId is not null)
        {
            var tracked = await environment.Experiments.GetRunAsync(run.TrackingRunId, cancellationToken).ConfigureAwait(false);
            dependencies.AddRange(tracked.Inputs.Select(input => Dependency(input.Name, input.Digest, input.Role)));
        }

        return new SlsaProvenance
        {
            BuildType = BuildType,
            BuilderId = builderId,
            InvocationId = run.Id,
            StartedOn = run.StartedAt ?? run.CreatedAt,
            FinishedOn = run.EndedAt,
            ExternalParameters = Json(writer =>
            {
                writer.WriteString("pipeline", run.Pipeline);
                writer.WritePropertyName("input");
                writer.WriteRawValue(run.Input);
            }),
            InternalParameters = Json(writer =>
            {
                writer.WriteString("codeVersion", run.CodeVersion);
                writer.WriteString("definitionHash", run.DefinitionHash);
                writer.WriteString("environment", environment.Name);
            }),
            ResolvedDependencies = [.. dependencies.DistinctBy(dependency => (dependency.Name, dependency.Digest))],
        };
    }

    private static string? Commit(JsonElement root) => root.TryGetProperty("commit", out var commit) ? commit.GetString() : null;

    private static List<SlsaDependency> Data(JsonElement root) =>
    [
        .. root.GetProperty("data").EnumerateArray().Select(reference => Dependency(
            reference.GetProperty("name").GetString()!, reference.GetProperty("digest").GetString()!, reference.GetProperty("role").GetString()!)),
    ];

    // Digests are the caller's own text in references: those of the store are SHA-256, others are told as they are.
    private static SlsaDependency Dependency(string name, string digest, string role)
    {
        var annotations = new Dictionary<string, string> { ["role"] = role };
        return ArtifactDigest.TryParse(digest, out var parsed)
            ? new SlsaDependency(name, "", "sha256", parsed.Hex, annotations)
            : new SlsaDependency(name, "", "contentDigest", digest, annotations);
    }

    private static async ValueTask<T?> ReadAsync<T>(
        IMlOpsEnvironment environment, ModelVersion version, ModelArtifactKind kind, string name, Func<JsonElement, T?> read, CancellationToken cancellationToken)
        where T : class
    {
        if (version.Find(kind, name) is not { } artifact)
            return null;
        var bytes = await environment.Context.Artifacts.GetBytesAsync(artifact.Content, LargestRecord, cancellationToken).ConfigureAwait(false);
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return read(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidInputException($"The artifact {kind}/{name} of {version.Ref} cannot be read for its provenance: {error.Message}", error);
        }
    }

    private static string Json(Action<Utf8JsonWriter> fields)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            fields(writer);
            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }
}
