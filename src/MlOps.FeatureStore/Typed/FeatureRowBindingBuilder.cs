namespace MlOps.Features;

/// <summary>Defines the binding of a type by explicit delegates, where the generator is not used. Not thread-safe.</summary>
/// <typeparam name="TRow">The row.</typeparam>
public sealed class FeatureRowBindingBuilder<TRow>
{
    private readonly List<FeatureRowColumn> _columns = [];
    private readonly List<FeatureColumnWriter<TRow>> _writers = [];

    /// <summary>Adds a part of the key.</summary>
    /// <typeparam name="T">string, int or long.</typeparam>
    /// <param name="name">The key's name, and the column's.</param>
    /// <param name="value">Takes it from a row.</param>
    /// <returns>This builder.</returns>
    public FeatureRowBindingBuilder<TRow> Key<T>(string name, Func<TRow, T> value) => Add(name, value, FeatureRowRole.Key);

    /// <summary>Adds the time at which a row happened.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="value">Takes it from a row.</param>
    /// <returns>This builder.</returns>
    public FeatureRowBindingBuilder<TRow> EventTime(string name, Func<TRow, Timestamp> value) => Add(name, value, FeatureRowRole.EventTime);

    /// <summary>Adds the time at which a row became known.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="value">Takes it from a row.</param>
    /// <returns>This builder.</returns>
    public FeatureRowBindingBuilder<TRow> AvailableAt(string name, Func<TRow, Timestamp> value) => Add(name, value, FeatureRowRole.AvailableAt);

    /// <summary>Adds a feature that every row has (a text or a float may be missing).</summary>
    /// <typeparam name="T">bool, int, long, float, double, string, <see cref="Timestamp"/> or DateTimeOffset.</typeparam>
    /// <param name="name">The feature's name, and the column's.</param>
    /// <param name="value">Takes it from a row.</param>
    /// <returns>This builder.</returns>
    public FeatureRowBindingBuilder<TRow> Feature<T>(string name, Func<TRow, T> value) => Add(name, value, FeatureRowRole.Feature);

    /// <summary>Adds a feature that may be missing.</summary>
    /// <typeparam name="T">bool, int, long, float, double, <see cref="Timestamp"/> or DateTimeOffset.</typeparam>
    /// <param name="name">The feature's name, and the column's.</param>
    /// <param name="value">Takes it from a row.</param>
    /// <returns>This builder.</returns>
    public FeatureRowBindingBuilder<TRow> Optional<T>(string name, Func<TRow, T?> value)
        where T : struct
    {
        ArgumentNullException.ThrowIfNull(value);
        _columns.Add(new FeatureRowColumn { Name = name, Property = name, Type = ValueTypes.Of<T>(), IsNullable = true });
        _writers.Add((column, rows) => RowColumns.Optional(column, rows, value));
        return this;
    }

    /// <summary>Finishes the binding.</summary>
    /// <param name="read">Makes a row of values, one per column in the order in which they were added.</param>
    /// <returns>The binding.</returns>
    public FeatureRowBinding<TRow> Build(FeatureRowReader<TRow> read) => new(_columns, _writers, read);

    private FeatureRowBindingBuilder<TRow> Add<T>(string name, Func<TRow, T> value, FeatureRowRole role)
    {
        ArgumentNullException.ThrowIfNull(value);
        _columns.Add(new FeatureRowColumn
        {
            Name = name,
            Property = name,
            Type = ValueTypes.Of<T>(),
            IsNullable = ValueTypes.CanBeAbsent<T>() || typeof(T) == typeof(string),
            Role = role,
        });
        _writers.Add((column, rows) => RowColumns.Required(column, rows, value));
        return this;
    }
}
