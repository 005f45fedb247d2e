namespace MlOps.Registry;

/// <summary>Media types and annotation keys of stored manifests. The version in a media type changes when its bytes' meaning does.</summary>
public static class ModelMediaTypes
{
    /// <summary>The manifest: an OCI image manifest.</summary>
    public const string Manifest = "application/vnd.oci.image.manifest.v1+json";

    /// <summary>The <c>artifactType</c> of the manifest.</summary>
    public const string Model = "application/vnd.mlops.model.v1";

    /// <summary>The manifest's config blob: name, signature, metrics, description.</summary>
    public const string Config = "application/vnd.mlops.model.config.v1+json";

    /// <summary>The annotation of a layer that holds its artifact kind.</summary>
    public const string KindAnnotation = "org.mlops.artifact.kind";

    /// <summary>The annotation of a layer that holds its name within the kind.</summary>
    public const string NameAnnotation = "org.opencontainers.image.title";
}
