using System.Globalization;

namespace MlOps;

internal sealed class RowCountExpectation(long min, long max) : Expectation(DataCheckKind.RowCount)
{
    public override string Expected => max == long.MaxValue
        ? string.Create(CultureInfo.InvariantCulture, $"at least {min:N0} rows")
        : string.Create(CultureInfo.InvariantCulture, $"{min:N0} to {max:N0} rows");

    protected override DataCheckResult Judge(DataFrame frame, int samples) =>
        Whole(frame.RowCount >= min && frame.RowCount <= max, string.Create(CultureInfo.InvariantCulture, $"{frame.RowCount:N0} rows"));
}

internal sealed class ColumnSetExpectation(HashSet<string> known) : Expectation(DataCheckKind.Columns)
{
    public override string Expected => "no other columns";

    protected override DataCheckResult Judge(DataFrame frame, int samples)
    {
        var others = frame.Columns.Select(column => column.Name).Where(name => !known.Contains(name)).ToArray();
        return Whole(others.Length == 0, others.Length == 0 ? "none" : string.Join(", ", others));
    }
}

internal sealed class PresentExpectation(string column) : Expectation(DataCheckKind.Present, column)
{
    public override string Expected => "is there";

    protected override DataCheckResult Judge(DataFrame frame, int samples) => Whole(true, "it is");
}

internal sealed class TypeExpectation(string column, DataType type) : Expectation(DataCheckKind.Type, column)
{
    public override string Expected => $"of type {type}";

    protected override DataCheckResult Judge(DataFrame frame, int samples) => Whole(frame[Columns[0]].Type == type, frame[Columns[0]].Type.ToString());
}

internal sealed class UniqueExpectation(string[] columns) : Expectation(DataCheckKind.Unique, columns)
{
    public override string Expected => Columns.Length == 1 ? "unique" : "unique together";

    protected override DataCheckResult Judge(DataFrame frame, int samples)
    {
        var columns = Array.ConvertAll(Columns, name => frame[name]);
        var codes = frame.CodesOf(columns, out var count);
        var seen = new bool[count];
        var failing = new FailingRows(samples);
        for (var row = 0; row < codes.Length; row++)
        {
            if (seen[codes[row]] && !Array.Exists(columns, column => Missing.Is(column, row)))
                failing.Add(row);
            seen[codes[row]] = true;
        }

        return Rows(failing, columns[0]);
    }
}

internal sealed class IncreasingExpectation(string column, bool strictly, string? per) : Expectation(DataCheckKind.Increasing, per is null ? [column] : [column, per])
{
    public override string Expected => (strictly ? "strictly increasing" : "never falling") + (per is null ? "" : $" per {per}");

    protected override DataCheckResult Judge(DataFrame frame, int samples)
    {
        var values = frame[column];
        if (values.Type is DataType.String)
            return WrongType(values, "a moment or a number");
        var count = 1;
        var codes = per is null ? null : frame.CodesOf([frame[per]], out count);
        var keys = values.OrderKeys();
        var last = new (ulong Key, bool Seen)[count];
        var failing = new FailingRows(samples);
        for (var row = 0; row < keys.Length; row++)
        {
            if (Missing.Is(values, row))
                continue;
            ref var before = ref last[codes is null ? 0 : codes[row]];
            if (before.Seen && (strictly ? keys[row] <= before.Key : keys[row] < before.Key))
                failing.Add(row);
            before = (keys[row], true);
        }

        return Rows(failing, values);
    }
}
