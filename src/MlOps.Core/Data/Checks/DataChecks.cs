namespace MlOps;

/// <summary>
/// What a frame is expected to hold: expectations on columns, keys and the number of rows. Immutable: every call gives a new one. A missing value
/// (null, or NaN in a column of numbers) is judged by <see cref="ColumnChecks.NotNull"/> alone; the other expectations skip it. Thread-safe.
/// </summary>
public sealed class DataChecks
{
    private readonly Expectation[] _expectations;

    private DataChecks(Expectation[] expectations) => _expectations = expectations;

    /// <summary>The expectations as text, in order.</summary>
    public IReadOnlyList<string> Expectations => Array.ConvertAll(_expectations, expectation => expectation.Text);

    /// <summary>No expectations yet.</summary>
    /// <returns>The checks.</returns>
    public static DataChecks Define() => new([]);

    /// <summary>Adds expectations on a column, which must be there.</summary>
    /// <param name="column">The column.</param>
    /// <param name="define">Says what is expected.</param>
    /// <returns>The checks with those.</returns>
    public DataChecks Column(string column, Action<ColumnChecks> define)
    {
        ArgumentException.ThrowIfNullOrEmpty(column);
        ArgumentNullException.ThrowIfNull(define);
        var checks = new ColumnChecks(column);
        define(checks);
        return new DataChecks([.. _expectations, .. checks.Build()]);
    }

    /// <summary>Expects that no two rows have the same values in some columns; rows with a missing one are skipped.</summary>
    /// <param name="columns">The columns, at least one.</param>
    /// <returns>The checks with that.</returns>
    public DataChecks Unique(params IReadOnlyList<string> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        if (columns.Count == 0)
            throw new InvalidDefinitionException("Unique needs at least one column.");
        return new DataChecks([.. _expectations, new UniqueExpectation([.. columns])]);
    }

    /// <summary>Expects a number of rows.</summary>
    /// <param name="min">At least so many.</param>
    /// <param name="max">At most so many.</param>
    /// <returns>The checks with that.</returns>
    public DataChecks RowCount(long min, long max = long.MaxValue)
    {
        if (min < 0 || max < min)
            throw new InvalidDefinitionException($"A row count from {min} to {max} is not possible.");
        return new DataChecks([.. _expectations, new RowCountExpectation(min, max)]);
    }

    /// <summary>Expects only columns that are named by these checks or here: further ones fail.</summary>
    /// <param name="others">Columns that may be there besides those with expectations.</param>
    /// <returns>The checks with that.</returns>
    public DataChecks NoOtherColumns(params IReadOnlyList<string> others)
    {
        ArgumentNullException.ThrowIfNull(others);
        return new DataChecks([.. _expectations, new ColumnSetExpectation(_expectations.SelectMany(expectation => expectation.Columns).Concat(others).ToHashSet(StringComparer.Ordinal))]);
    }

    /// <summary>The expectations of both.</summary>
    /// <param name="other">Further checks.</param>
    /// <returns>The checks with those.</returns>
    public DataChecks And(DataChecks other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new DataChecks([.. _expectations, .. other._expectations]);
    }

    /// <summary>Looks through a frame. Nothing in a frame makes this throw: a column that is absent or of another type fails its expectations.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="samples">How many of the failing rows each result names.</param>
    /// <returns>What was found, one result per expectation.</returns>
    public DataCheckReport Run(DataFrame frame, int samples = 10)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentOutOfRangeException.ThrowIfNegative(samples);
        return new DataCheckReport(frame.RowCount, Array.ConvertAll(_expectations, expectation => expectation.Run(frame, samples)));
    }
}
