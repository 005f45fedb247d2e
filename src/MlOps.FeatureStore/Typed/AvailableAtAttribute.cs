namespace MlOps;

/// <summary>Marks the DateTimeOffset or <see cref="Timestamp"/> property that says when a row became known.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AvailableAtAttribute : Attribute;
