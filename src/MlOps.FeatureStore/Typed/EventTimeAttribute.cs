namespace MlOps;

/// <summary>Marks the DateTimeOffset or <see cref="Timestamp"/> property that says when a row happened; in an answer, the moment asked about.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class EventTimeAttribute : Attribute;
