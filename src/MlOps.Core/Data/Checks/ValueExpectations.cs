using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace MlOps;

internal sealed class NotNullExpectation(string column, double allowedShare) : Expectation(DataCheckKind.NotNull, column)
{
    public override string Expected => allowedShare == 0 ? "not null" : string.Create(CultureInfo.InvariantCulture, $"at most {allowedShare * 100:0.####} % null");

    protected override DataCheckResult Judge(DataFrame frame, int samples)
    {
        var column = frame[Columns[0]];
        var failing = new FailingRows(samples);
        if (column.NullCount > 0 || column.Type is DataType.Float32 or DataType.Float64 or DataType.String)
        {
            for (var row = 0; row < column.Length; row++)
            {
                if (Missing.Is(column, row))
                    failing.Add(row);
            }
        }

        var result = Rows(failing, null, failing.Count <= allowedShare * column.Length);
        return failing.Count == 0 ? result : result with { Observed = string.Create(CultureInfo.InvariantCulture, $"{failing.Count:N0} rows are null ({failing.Count * 100.0 / column.Length:0.####} %)") };
    }
}

internal sealed class NumberRangeExpectation(string column, double min, double max, bool includeMin, bool includeMax) : Expectation(DataCheckKind.Range, column)
{
    public override string Expected => (min, max) switch
    {
        (double.MinValue, double.MaxValue) => "finite",
        (_, double.MaxValue) => $"{(includeMin ? "at least" : "above")} {Number(min)}",
        (double.MinValue, _) => $"{(includeMax ? "at most" : "below")} {Number(max)}",
        _ => $"between {Number(min)} {(includeMin ? "" : "(excluded) ")}and {Number(max)}{(includeMax ? "" : " (excluded)")}",
    };

    protected override DataCheckResult Judge(DataFrame frame, int samples) => frame[Columns[0]] switch
    {
        DataColumn<double> values => Judge(values, samples),
        DataColumn<float> values => Judge(values, samples),
        DataColumn<int> values => Judge(values, samples),
        DataColumn<long> values => Judge(values, samples),
        DataColumn<bool> values => Judge(values, samples),
        var other => WrongType(other, "a number"),
    };

    private DataCheckResult Judge<T>(DataColumn<T> column, int samples)
        where T : unmanaged
    {
        var failing = new FailingRows(samples);
        var values = column.Span;
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        var hasNulls = column.NullCount > 0;
        for (var row = 0; row < values.Length; row++)
        {
            var value = AsDouble(values[row]);
            // NaN fails no comparison here, and so is skipped.
            if (!(value < min || value > max || (value == min && !includeMin) || (value == max && !includeMax)))
            {
                if (!hasNulls || !column.IsNull(row))
                    (low, high) = (value < low ? value : low, value > high ? value : high);
                continue;
            }

            if (hasNulls && column.IsNull(row))
                continue;
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
            failing.Add(row);
        }

        var result = Rows(failing, column);
        return low > high ? result with { Observed = "no values" } : result with { Observed = $"{Number(low)} to {Number(high)}{(failing.Count > 0 ? $", {failing.Count.ToString("N0", CultureInfo.InvariantCulture)} rows beyond" : "")}" };
    }

    private static double AsDouble<T>(T value)
    {
        if (typeof(T) == typeof(double))
            return Unsafe.As<T, double>(ref value);
        if (typeof(T) == typeof(float))
            return Unsafe.As<T, float>(ref value);
        if (typeof(T) == typeof(int))
            return Unsafe.As<T, int>(ref value);
        if (typeof(T) == typeof(long))
            return Unsafe.As<T, long>(ref value);
        return Unsafe.As<T, bool>(ref value) ? 1 : 0;
    }
}

internal sealed class TimeRangeExpectation(string column, Timestamp min, Timestamp max) : Expectation(DataCheckKind.Range, column)
{
    public override string Expected => $"between {min} and {max}";

    protected override DataCheckResult Judge(DataFrame frame, int samples) =>
        frame[Columns[0]] is DataColumn<Timestamp> column
            ? Rows(Each.Failing(column, samples, moment => moment >= min && moment <= max), column)
            : WrongType(frame[Columns[0]], "a moment");
}

internal sealed class SetExpectation<T> : Expectation
{
    private readonly HashSet<T> _values;
    private readonly string _expected;

    public SetExpectation(string column, IReadOnlyList<T> values)
        : base(DataCheckKind.Set, column)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count == 0)
            throw new InvalidDefinitionException($"Column '{column}': In needs at least one value.");
        _values = [.. values];
        _expected = $"one of {string.Join(", ", values.Take(8))}{(values.Count > 8 ? $" and {values.Count - 8} more" : "")}";
    }

    public override string Expected => _expected;

    protected override DataCheckResult Judge(DataFrame frame, int samples) => (frame[Columns[0]], (object)_values) switch
    {
        (DataColumn<string> column, HashSet<string> values) => Rows(Each.Failing(column, samples, values.Contains), column),
        (DataColumn<long> column, HashSet<long> values) => Rows(Each.Failing(column, samples, values.Contains), column),
        (DataColumn<int> column, HashSet<long> values) => Rows(Each.Failing(column, samples, value => values.Contains(value)), column),
        var (column, _) => WrongType(column, typeof(T) == typeof(string) ? "text" : "Int32 or Int64"),
    };
}

internal sealed class PatternExpectation(string column, Regex pattern) : Expectation(DataCheckKind.Pattern, column)
{
    public override string Expected => $"matches {pattern}";

    protected override DataCheckResult Judge(DataFrame frame, int samples) =>
        frame[Columns[0]] is DataColumn<string> column
            ? Rows(Each.Failing(column, samples, pattern.IsMatch), column)
            : WrongType(frame[Columns[0]], "text");
}

internal sealed class LengthExpectation(string column, int min, int max) : Expectation(DataCheckKind.Length, column)
{
    public override string Expected => max == int.MaxValue ? $"at least {min} characters" : $"{min} to {max} characters";

    protected override DataCheckResult Judge(DataFrame frame, int samples) =>
        frame[Columns[0]] is DataColumn<string> column
            ? Rows(Each.Failing(column, samples, text => text.Length >= min && text.Length <= max), column)
            : WrongType(frame[Columns[0]], "text");
}

internal static class Each
{
    public static FailingRows Failing<T>(DataColumn<T> column, int samples, Func<T, bool> accepts)
    {
        var failing = new FailingRows(samples);
        var values = column.Span;
        var hasNulls = column.NullCount > 0;
        for (var row = 0; row < values.Length; row++)
        {
            // A text that is null without a null bit is missing all the same.
            if ((hasNulls && column.IsNull(row)) || values[row] is null)
                continue;
            if (!accepts(values[row]))
                failing.Add(row);
        }

        return failing;
    }
}
