namespace MlOps;

/// <summary>An act to be recorded.</summary>
/// <param name="Operation">What was done, <c>area.thing.verb</c>, for instance <c>registry.alias.set</c>.</param>
/// <param name="Subject">To what, for instance <c>churn@champion</c>.</param>
/// <param name="Reason">Why, in the caller's words; may be empty.</param>
/// <param name="Before">The state before as JSON, or null.</param>
/// <param name="After">The state after as JSON, or null.</param>
public sealed record AuditEntry(string Operation, string Subject, string Reason = "", string? Before = null, string? After = null);
