namespace MlOps.Registry;

/// <summary>A version to be registered. Its artifacts are in the environment's artifact store already.</summary>
public sealed record ModelVersionDraft
{
    /// <summary>The model's name: 1-100 characters of letters, digits, <c>. _ -</c>, beginning with a letter. Created when new.</summary>
    public required string Model { get; init; }

    /// <summary>The artifacts; a pair of kind and name stands once.</summary>
    public required IReadOnlyList<ModelArtifact> Artifacts { get; init; }

    /// <summary>What the model takes and gives.</summary>
    public required ModelSignature Signature { get; init; }

    /// <summary>Registers at most once under this key: a second call returns the first's version. Null: always a new version.</summary>
    public string? Key { get; init; }

    /// <summary>The run that made it, or null.</summary>
    public string? RunId { get; init; }

    /// <summary>Metrics on held-out data, for gates and comparison.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>Labels that may change later.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>A model card in Markdown.</summary>
    public string Description { get; init; } = "";

    /// <summary>Why it is registered; goes into the audit trail.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Where it came from, when not from a run of this environment.</summary>
    public ModelProvenance? Provenance { get; init; }
}
