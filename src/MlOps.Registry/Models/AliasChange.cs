namespace MlOps.Registry;

/// <summary>One move of an alias.</summary>
/// <param name="Model">The model.</param>
/// <param name="Alias">The alias.</param>
/// <param name="From">The version before, or null.</param>
/// <param name="To">The version after, or null when the alias was removed.</param>
/// <param name="At">When.</param>
/// <param name="By">Who.</param>
/// <param name="Reason">Why.</param>
public sealed record AliasChange(string Model, string Alias, int? From, int? To, Timestamp At, string By, string Reason);
