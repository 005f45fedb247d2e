namespace MlOps.Features;

/// <summary>An input of an encoding: its column, whether it is text, and what stands for a missing number.</summary>
internal sealed record EncodedColumn(string Name, EncodedKind Kind, double? Fill);
