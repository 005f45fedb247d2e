using System.Text.Json.Serialization;

namespace MlOps.Registry;

/// <summary>An immutable version of a model. Tags are as of the time of reading.</summary>
public sealed record ModelVersion
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The version; dense from 1 within the model.</summary>
    public required int Version { get; init; }

    /// <summary>The manifest (OCI image-manifest shape) that binds everything below by digest; <see cref="IModelRegistry.GetManifestAsync"/> gives its bytes.</summary>
    public required ArtifactRef Manifest { get; init; }

    /// <summary>The artifacts.</summary>
    public required IReadOnlyList<ModelArtifact> Artifacts { get; init; }

    /// <summary>What the model takes and gives.</summary>
    public required ModelSignature Signature { get; init; }

    /// <summary>Metrics on held-out data.</summary>
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    /// <summary>Labels.</summary>
    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    /// <summary>A model card in Markdown.</summary>
    public required string Description { get; init; }

    /// <summary>The run that made it, or null.</summary>
    public string? RunId { get; init; }

    /// <summary>Where it came from, when not from a run of this environment.</summary>
    public ModelProvenance? Provenance { get; init; }

    /// <summary>When it was registered.</summary>
    public required Timestamp CreatedAt { get; init; }

    /// <summary>Who registered it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>That it was deleted, or null; only versions read with <c>includeDeleted</c> have one.</summary>
    public Deletion? Deleted { get; init; }

    /// <summary>The short reference.</summary>
    [JsonIgnore]
    public ModelVersionRef Ref => new(Model, Version);

    /// <summary>An artifact by kind and name, or null.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="name">The name.</param>
    /// <returns>The artifact.</returns>
    public ModelArtifact? Find(ModelArtifactKind kind, string name) =>
        Artifacts.FirstOrDefault(artifact => artifact.Kind == kind && artifact.Name == name);
}
