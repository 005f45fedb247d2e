namespace MlOps.Registry;

/// <summary>One parameter, metric or tag over several runs.</summary>
/// <typeparam name="T">The value: a text or a number.</typeparam>
/// <param name="Name">Its name.</param>
/// <param name="Values">The values in the order of the runs; null where a run has none.</param>
/// <param name="Differs">Whether not all are equal.</param>
public sealed record ComparedRow<T>(string Name, IReadOnlyList<T?> Values, bool Differs);
