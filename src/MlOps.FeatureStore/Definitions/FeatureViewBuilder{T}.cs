namespace MlOps.Features;

/// <summary>Defines a view over rows of a type by explicit delegates. Columns of the row's frame bear the names given here.</summary>
/// <typeparam name="TRow">The row.</typeparam>
public sealed partial class FeatureViewBuilder<TRow>
{
    private readonly FeatureViewParts _parts;
    private readonly Dictionary<string, Func<IReadOnlyList<TRow>, DataColumn>> _columns = new(StringComparer.Ordinal);

    internal FeatureViewBuilder(string name) => _parts = new FeatureViewParts(name);

    /// <summary>Sets the version.</summary>
    /// <param name="version">From 1.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> Version(int version)
    {
        _parts.Version = version;
        return this;
    }

    /// <summary>Says what the view is for.</summary>
    /// <param name="description">The text.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> Describe(string description)
    {
        _parts.Description = description;
        return this;
    }

    /// <summary>Adds one more part of the entity's key.</summary>
    /// <param name="name">The key's name, and its column's.</param>
    /// <param name="value">Takes it from a row.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> Key(string name, Func<TRow, string> value)
    {
        _parts.Keys.Add(new FeatureKey(DefinitionText.CheckName("key", name), name));
        return Column(name, value);
    }

    /// <summary>Says when a row happened; its column is <c>event_time</c>.</summary>
    /// <param name="value">Takes it from a row.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> EventTime(Func<TRow, Timestamp> value)
    {
        _parts.EventTime = "event_time";
        return Column("event_time", value);
    }

    /// <summary>Says when a row became known; its column is <c>available_at</c>.</summary>
    /// <param name="value">Takes it from a row.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> AvailableAt(Func<TRow, Timestamp> value)
    {
        _parts.AvailableAt = "available_at";
        return Column("available_at", value);
    }

    /// <summary>Sets the windows of the aggregations that follow.</summary>
    /// <param name="windows">The windows.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> Windows(params IReadOnlyList<FeatureWindow> windows)
    {
        _parts.Windows = [.. windows];
        return this;
    }

    /// <summary>Adds aggregations of a value: one feature per function and window, named <c>name_function_window</c>.</summary>
    /// <param name="name">The name in feature names, and the column's.</param>
    /// <param name="value">Takes the value from a row; NaN is skipped.</param>
    /// <param name="functions">What is computed.</param>
    /// <param name="scale">Units per 1.0; see <see cref="AggregatedColumn.Scale"/>.</param>
    /// <param name="type">The type of the features: Float32 or Float64.</param>
    /// <param name="windows">The windows; those of <see cref="Windows"/> when left out.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> Aggregate(
        string name, Func<TRow, double> value, IReadOnlyList<FeatureAggregate> functions, int scale = 1000, DataType type = DataType.Float32,
        params IReadOnlyList<FeatureWindow> windows)
    {
        _parts.Aggregate(name, name, scale, functions, type, windows);
        return Column(name, value);
    }

    /// <summary>Adds a plain feature: the newest known value as a 32-bit float.</summary>
    /// <param name="name">The feature's name, and its column's.</param>
    /// <param name="value">Takes the value from a row; NaN means none.</param>
    /// <param name="timeToLive">How old it may be; for ever when left out.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> LastValue(string name, Func<TRow, double> value, TimeSpan? timeToLive = null)
    {
        _parts.LastValue(name, name, timeToLive, DataType.Float32);
        return Column(name, value);
    }

    /// <summary>Adds a plain feature of a type: the newest known value.</summary>
    /// <typeparam name="TValue">bool, long, float, double or <see cref="Timestamp"/>.</typeparam>
    /// <param name="name">The feature's name, and its column's.</param>
    /// <param name="value">Takes the value from a row; null means none.</param>
    /// <param name="timeToLive">How old it may be; the view's time to live, or for ever, when left out.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> LastValue<TValue>(string name, Func<TRow, TValue?> value, TimeSpan? timeToLive = null)
        where TValue : struct
    {
        ArgumentNullException.ThrowIfNull(value);
        _parts.LastValue(name, name, timeToLive, DataColumn.TypeOf<TValue>());
        return Column(name, rows => DataColumn.FromNullable(name, rows.Select(value)));
    }

    /// <summary>Adds a plain feature that is a text: the newest known value.</summary>
    /// <param name="name">The feature's name, and its column's.</param>
    /// <param name="value">Takes the value from a row; null means none.</param>
    /// <param name="timeToLive">How old it may be; the view's time to live, or for ever, when left out.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> LastText(string name, Func<TRow, string?> value, TimeSpan? timeToLive = null)
    {
        ArgumentNullException.ThrowIfNull(value);
        _parts.LastValue(name, name, timeToLive, DataType.String);
        return Column(name, rows => DataColumn.FromText(name, rows.Select(value)));
    }

    /// <summary>Adds distinct counts of a text over windows; see <see cref="FeatureAggregate.DistinctCount"/>.</summary>
    /// <param name="name">The name in feature names, and the column's.</param>
    /// <param name="value">Takes the text from a row; null is skipped.</param>
    /// <param name="size">How many hashes are kept: exact below it.</param>
    /// <param name="windows">The windows; those of <see cref="Windows"/> when left out.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> CountDistinct(string name, Func<TRow, string?> value, int size = 256, params IReadOnlyList<FeatureWindow> windows)
    {
        ArgumentNullException.ThrowIfNull(value);
        _parts.Aggregate(name, name, 1, [FeatureAggregate.DistinctCount(size)], DataType.Float32, windows);
        return Column(name, rows => DataColumn.FromText(name, rows.Select(value)));
    }

    /// <summary>Sets how old plain features may be that say nothing themselves.</summary>
    /// <param name="timeToLive">The time to live, from a row's event time, inclusive.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> Ttl(TimeSpan timeToLive)
    {
        _parts.TimeToLive = timeToLive;
        return this;
    }

    /// <summary>Says how much later than its availability a row reaches the online store in service; training frames add it.</summary>
    /// <param name="lag">The lag, up to 366 days.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> Lag(TimeSpan lag)
    {
        _parts.Lag = lag;
        return this;
    }

    /// <summary>Says how long rows are retained offline after their event time; it may change freely.</summary>
    /// <param name="retention">At least as long as the features reach back.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> Retain(TimeSpan retention)
    {
        _parts.Retention = retention;
        return this;
    }

    /// <summary>Lets a row replace an earlier one of the same entity, event time and availability, instead of counting beside it.</summary>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> Upsert()
    {
        _parts.IsUpsert = true;
        return this;
    }

    /// <summary>Checks and finishes the definition.</summary>
    /// <returns>The view.</returns>
    /// <exception cref="InvalidDefinitionException">Something is missing or wrong; all mistakes are listed.</exception>
    public FeatureView<TRow> Build()
    {
        _parts.Check();
        return new FeatureView<TRow>(_parts, _columns.Values);
    }

    private FeatureViewBuilder<TRow> Column<TValue>(string name, Func<TRow, TValue> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return Column(name, rows =>
        {
            var values = new TValue[rows.Count];
            for (var i = 0; i < values.Length; i++)
                values[i] = value(rows[i]);
            return DataColumn.Create(name, values);
        });
    }

    private FeatureViewBuilder<TRow> Column(string name, Func<IReadOnlyList<TRow>, DataColumn> column)
    {
        if (!_columns.TryAdd(name, column))
            throw new InvalidDefinitionException($"Feature view '{_parts.Name}' defines '{name}' twice: choose another name.");
        return this;
    }
}
