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
    /// <param name="windows">The windows; those of <see cref="Windows"/> when left out.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder Aggregate(
        string column, IReadOnlyList<AggregateFunction> functions, int scale = 1000, string? name = null, params IReadOnlyList<FeatureWindow> windows)
    {
        _parts.Aggregate(column, name ?? column, scale, functions, windows);
        return this;
    }

    /// <summary>Adds a plain feature: the newest known value of a column.</summary>
    /// <param name="column">The column.</param>
    /// <param name="timeToLive">How old it may be; for ever when left out.</param>
    /// <param name="name">The feature's name; the column when left out.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder LastValue(string column, TimeSpan? timeToLive = null, string? name = null)
    {
        _parts.LastValue(column, name ?? column, timeToLive);
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
