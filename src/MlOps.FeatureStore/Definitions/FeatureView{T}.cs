namespace MlOps.Features;

/// <summary>A view over rows of a type.</summary>
/// <typeparam name="TRow">The row.</typeparam>
public sealed class FeatureView<TRow> : FeatureView
{
    private readonly Func<IReadOnlyList<TRow>, DataColumn>[] _columns;

    internal FeatureView(FeatureViewParts parts, IEnumerable<Func<IReadOnlyList<TRow>, DataColumn>> columns)
        : base(parts) => _columns = [.. columns];

    /// <summary>Brings rows into the columns that the view reads.</summary>
    /// <param name="rows">The rows.</param>
    /// <returns>The frame.</returns>
    public DataFrame ToFrame(IReadOnlyList<TRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return new DataFrame(_columns.Select(column => column(rows)));
    }
}
