namespace MlOps.Features;

/// <summary>Defines a view over the columns of data frames.</summary>
public sealed partial class FeatureViewBuilder
{
    private readonly FeatureViewParts _parts;

    internal FeatureViewBuilder(string name) => _parts = new FeatureViewParts(name);

    /// <summary>Sets the version.</summary>
    /// <param name="version">From 1.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder Version(int version)
    {
        _parts.Version = version;
        return this;
    }

    /// <summary>Says what the view is for.</summary>
    /// <param name="description">The text.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder Describe(string description)
    {
        _parts.Description = description;
        return this;
    }

    /// <summary>Adds one more part of the entity's key.</summary>
    /// <param name="name">The key's name.</param>
    /// <param name="column">The column; the name when left out.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder Key(string name, string? column = null)
    {
        _parts.Keys.Add(new FeatureKey(DefinitionText.CheckName("key", name), column ?? name));
        return this;
    }

    /// <summary>Names the column that says when a row happened.</summary>
    /// <param name="column">A timestamp column.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder EventTime(string column)
    {
        _parts.EventTime = column;
        return this;
    }

    /// <summary>Names the column that says when a row became known.</summary>
    /// <param name="column">A timestamp column.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder AvailableAt(string column)
    {
        _parts.AvailableAt = column;
        return this;
    }

    /// <summary>Sets the windows of the aggregations that follow.</summary>
    /// <param name="windows">The windows.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder Windows(params IReadOnlyList<FeatureWindow> windows)
    {
        _parts.Windows = [.. windows];
        return this;
    }

    /// <summary>Adds aggregations of a column: one feature per function and window, named <c>name_function_window</c>.</summary>
    /// <param name="column">The column.</param>
    /// <param name="functions">What is computed.</param>
    /// <param name="scale">Units per 1.0; see <see cref="AggregatedColumn.Scale"/>.</param>
    /// <param name="name">The name in feature names; the column when left out.</param>
    /// <param name="type">The type of the features: Float32 or Float64.</param>
    /// <param name="windows">The windows; those of <see cref="Windows"/> when left out.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder Aggregate(
        string column, IReadOnlyList<FeatureAggregate> functions, int scale = 1000, string? name = null, DataType type = DataType.Float32,
        params IReadOnlyList<FeatureWindow> windows)
    {
        _parts.Aggregate(column, name ?? column, scale, functions, type, windows);
        return this;
    }

    /// <summary>Adds a plain feature: the newest known value of a column.</summary>
    /// <param name="column">The column.</param>
    /// <param name="timeToLive">How old it may be; the view's time to live, or for ever, when left out.</param>
    /// <param name="name">The feature's name; the column when left out.</param>
    /// <param name="type">How the value is kept: Boolean, Int64, Float32, Float64, String or Timestamp.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder LastValue(string column, TimeSpan? timeToLive = null, string? name = null, DataType type = DataType.Float32)
    {
        _parts.LastValue(column, name ?? column, timeToLive, type);
        return this;
    }

    /// <summary>Sets how old plain features may be that say nothing themselves.</summary>
    /// <param name="timeToLive">The time to live, from a row's event time, inclusive.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder Ttl(TimeSpan timeToLive)
    {
        _parts.TimeToLive = timeToLive;
        return this;
    }

    /// <summary>Says how much later than its availability a row reaches the online store in service; training frames add it.</summary>
    /// <param name="lag">The lag, up to 366 days.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder Lag(TimeSpan lag)
    {
        _parts.Lag = lag;
        return this;
    }

    /// <summary>Says how long rows are retained offline after their event time; it may change freely.</summary>
    /// <param name="retention">At least as long as the features reach back.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder Retain(TimeSpan retention)
    {
        _parts.Retention = retention;
        return this;
    }

    /// <summary>Lets a row replace an earlier one of the same entity, event time and availability, instead of counting beside it.</summary>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder Upsert()
    {
        _parts.IsUpsert = true;
        return this;
    }

    /// <summary>Adds a row transform: a column computed from others, which later parts of the definition may name.</summary>
    /// <param name="name">The new column's name.</param>
    /// <param name="inputs">The columns that it is computed from: Boolean, numbers or earlier derived columns; null comes as NaN.</param>
    /// <param name="compute">The pure function of their values in that order; NaN means no value.</param>
    /// <param name="version">Stands for the code in the definition's hash: change it when the function changes its meaning.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder Derive(string name, IReadOnlyList<string> inputs, Func<ReadOnlySpan<double>, double> compute, string version = "1")
    {
        _parts.Derive(name, inputs, compute, version);
        return this;
    }

    /// <summary>Checks and finishes the definition.</summary>
    /// <returns>The view.</returns>
    /// <exception cref="InvalidDefinitionException">Something is missing or wrong; all mistakes are listed.</exception>
    public FeatureView Build()
    {
        _parts.Check();
        return new FeatureView(_parts);
    }
}
