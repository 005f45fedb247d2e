namespace MlOps.Registry;

/// <summary>What a statement is about.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Sha256">The 64 lower-case hexadecimal digits of its SHA-256.</param>
public sealed record InTotoSubject(string Name, string Sha256);
