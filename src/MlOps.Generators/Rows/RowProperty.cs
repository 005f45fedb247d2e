namespace MlOps.Generators;

/// <summary>A property of a row as the emitter needs it.</summary>
/// <param name="Name">The property.</param>
/// <param name="Column">Its column.</param>
/// <param name="Type">Its C# type without nullability, fully qualified.</param>
/// <param name="DataType">The member of MlOps.DataType.</param>
/// <param name="IsNullable">Whether it may be null.</param>
/// <param name="Role">The member of FeatureRowRole.</param>
/// <param name="IsPlain">Whether it is a plain feature.</param>
/// <param name="Ttl">Its time to live, or null.</param>
/// <param name="Windows">Its windows, or null.</param>
/// <param name="Functions">Numbers of its aggregate functions.</param>
/// <param name="Scale">The scale of its aggregation.</param>
internal sealed record RowProperty(
    string Name, string Column, string Type, string DataType, bool IsNullable, string Role, bool IsPlain, string? Ttl, string? Windows, EquatableArray<int> Functions, int Scale);
