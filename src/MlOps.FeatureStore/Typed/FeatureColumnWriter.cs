namespace MlOps.Features;

/// <summary>Brings one property of many rows into a column.</summary>
/// <typeparam name="TRow">The row.</typeparam>
/// <param name="name">The column's name.</param>
/// <param name="rows">The rows.</param>
/// <returns>The column.</returns>
public delegate DataColumn FeatureColumnWriter<TRow>(string name, ReadOnlySpan<TRow> rows);
