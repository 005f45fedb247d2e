namespace MlOps.Registry;

/// <summary>Something that a build took in, as in-toto's ResourceDescriptor.</summary>
/// <param name="Name">Its name, for instance a dataset's.</param>
/// <param name="Uri">Where it is, or empty.</param>
/// <param name="Algorithm">The digest's algorithm: <c>sha256</c>, <c>gitCommit</c> and so on.</param>
/// <param name="Digest">The digest.</param>
/// <param name="Annotations">More to say about it, for instance its role.</param>
public sealed record SlsaDependency(string Name, string Uri, string Algorithm, string Digest, IReadOnlyDictionary<string, string>? Annotations = null);
