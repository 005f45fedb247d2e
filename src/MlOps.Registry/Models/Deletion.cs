namespace MlOps.Registry;

/// <summary>That something was deleted softly. Until it is purged it can be restored.</summary>
/// <param name="At">When.</param>
/// <param name="By">Who.</param>
/// <param name="Reason">Why.</param>
public sealed record Deletion(Timestamp At, string By, string Reason);
