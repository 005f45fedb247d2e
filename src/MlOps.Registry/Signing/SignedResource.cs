namespace MlOps.Registry;

/// <summary>One file that a model signature covers.</summary>
/// <param name="Name">Its path with forward slashes, relative to the model's directory; <c>.</c> when the model is a single file.</param>
/// <param name="Sha256">The 64 lower-case hexadecimal digits of its SHA-256.</param>
public sealed record SignedResource(string Name, string Sha256);
