namespace MlOps.AspNetCore;

/// <summary>What a route of <c>MapMlOps</c> is: found in the metadata of its endpoint.</summary>
/// <param name="Environment">The environment that it serves.</param>
/// <param name="Policy">Who may use it.</param>
/// <param name="Methods">The HTTP methods that it answers.</param>
public sealed record MlOpsRouteMetadata(string Environment, AccessPolicy Policy, IReadOnlyList<string> Methods);
