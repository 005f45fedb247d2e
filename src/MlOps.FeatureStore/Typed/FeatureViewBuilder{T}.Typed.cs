using System.Runtime.CompilerServices;

namespace MlOps.Features;

public sealed partial class FeatureViewBuilder<TRow>
{
    /// <summary>Adds one more part of the entity's key, named after the property that the lambda reads.</summary>
    /// <param name="value">Takes it from a row, for instance <c>customer => customer.Id</c>.</param>
    /// <param name="expression">Filled by the compiler.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> Key(Func<TRow, string> value, [CallerArgumentExpression(nameof(value))] string expression = "") =>
        Key(SnakeCase.OfMember(_parts.Name, expression), value);

    /// <summary>Says when a row happened; its column is <c>event_time</c>.</summary>
    /// <param name="value">Takes it from a row.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> EventTime(Func<TRow, DateTimeOffset> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return EventTime(row => Timestamp.From(value(row)));
    }

    /// <summary>Says when a row became known; its column is <c>available_at</c>.</summary>
    /// <param name="value">Takes it from a row.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> AvailableAt(Func<TRow, DateTimeOffset> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return AvailableAt(row => Timestamp.From(value(row)));
    }

    /// <summary>Takes what a binding says: keys and times where none were named before, then every feature and aggregation.</summary>
    /// <param name="binding">The binding.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="InvalidDefinitionException">A duration is malformed, or a feature's type cannot be stored.</exception>
    public FeatureViewBuilder<TRow> Row(FeatureRowBinding<TRow> binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        var takesKeys = _parts.Keys.Count == 0;
        for (var i = 0; i < binding.Columns.Count; i++)
        {
            var column = binding.Columns[i];
            if (column.Role == FeatureRowRole.Key)
            {
                if (takesKeys)
                    _parts.Keys.Add(new FeatureKey(DefinitionText.CheckName("key", column.Name), column.Name));
            }
            else if (column.Role == FeatureRowRole.EventTime)
            {
                _parts.EventTime ??= column.Name;
            }
            else if (column.Role == FeatureRowRole.AvailableAt)
            {
                _parts.AvailableAt ??= column.Name;
            }
            else if (_columns.ContainsKey(column.Name))
            {
                // What was named explicitly (a key, a time, a feature) is not taken twice.
                continue;
            }
            else
            {
                AddFeature(column);
            }

            var number = i;
            _columns.TryAdd(column.Name, rows => binding.ToColumn(number, rows));
        }

        return this;
    }

    private void AddFeature(FeatureRowColumn column)
    {
        if (column.Windows is not null)
            _parts.Aggregate(column.Name, column.Name, column.Scale, [.. column.Functions.Select(function => (FeatureAggregate)function)], DataType.Float32, WindowTexts.Windows(column.Windows));
        if (column.IsPlain)
            _parts.LastValue(
                column.Name, column.Name, column.TimeToLive is null ? null : WindowTexts.Duration(column.TimeToLive), column.Type == DataType.Int32 ? DataType.Int64 : column.Type);
    }
}
