namespace MlOps.Features;

/// <summary>One logged answer.</summary>
internal sealed record ServedVector(ServedSchema Schema, string[] Keys, long AsOf, long ServedAt, OnlineMarks[] Marks, float[] Values);
