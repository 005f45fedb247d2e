namespace MlOps.Registry;

/// <summary>A dataset that a run read.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Digest">Its digest.</param>
/// <param name="Role">What for: <c>training</c>, <c>validation</c>, <c>test</c>.</param>
public sealed record RunInput(string Name, string Digest, string Role);
