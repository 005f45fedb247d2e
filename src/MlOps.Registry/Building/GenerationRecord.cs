namespace MlOps.Registry;

/// <summary>How a model was made. Stored as the artifact kind <see cref="ModelArtifactKind.GenerationCode"/>.</summary>
public sealed record GenerationRecord
{
    /// <summary>The name of the artifact within its kind.</summary>
    public const string ArtifactName = "generation";

    /// <summary>The library that trained it, with its version.</summary>
    public string Framework { get; init; } = "";

    /// <summary>The algorithm, for instance <c>gradient-boosted trees</c>.</summary>
    public string Algorithm { get; init; } = "";

    /// <summary>The final hyper-parameters.</summary>
    public IReadOnlyDictionary<string, string> HyperParameters { get; init; } = new Dictionary<string, string>();

    /// <summary>The ranges considered, by hyper-parameter, for instance <c>[0.01, 0.3] log</c>.</summary>
    public IReadOnlyDictionary<string, string> RangesConsidered { get; init; } = new Dictionary<string, string>();

    /// <summary>How the data were split, for instance <c>time: train until 2001-05-20, test after</c>.</summary>
    public string Split { get; init; } = "";

    /// <summary>Experiments (trials) that led here.</summary>
    /// <value>Default: 1.</value>
    public int Experiments { get; init; } = 1;

    /// <summary>The seed of everything random, or null.</summary>
    public long? Seed { get; init; }

    /// <summary>The code's commit; null takes what <see cref="SourceRevision.Find"/> finds.</summary>
    public string? Commit { get; init; }

    /// <summary>The hash of the pipeline's definition, or null.</summary>
    public string? PipelineHash { get; init; }

    /// <summary>The hash of the step that trained it, or null.</summary>
    public string? StepHash { get; init; }

    internal byte[] ToJson() => StoredJson.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("formatVersion", 1);
        writer.WriteString("framework", Framework);
        writer.WriteString("algorithm", Algorithm);
        StoredJson.WriteMap(writer, "hyperParameters", HyperParameters);
        StoredJson.WriteMap(writer, "rangesConsidered", RangesConsidered);
        writer.WriteString("split", Split);
        writer.WriteNumber("experiments", Experiments);
        if (Seed is { } seed)
            writer.WriteNumber("seed", seed);
        if ((Commit ?? SourceRevision.Find()) is { } commit)
            writer.WriteString("commit", commit);
        if (PipelineHash is not null)
            writer.WriteString("pipelineHash", PipelineHash);
        if (StepHash is not null)
            writer.WriteString("stepHash", StepHash);
        writer.WriteEndObject();
    });
}
