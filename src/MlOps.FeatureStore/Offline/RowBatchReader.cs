using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;

namespace MlOps.Features;

/// <summary>Reads a data frame into a <see cref="RowBatch"/>, or refuses it whole with the column, the row and the remedy.</summary>
internal static class RowBatchReader
{
    // 1800 to 2262: wide enough for any history, narrow enough to catch seconds or nanoseconds taken for microseconds of other centuries.
    internal static readonly long Earliest = Timestamp.Utc(1800, 1, 1).Microseconds;
    internal static readonly long Latest = Timestamp.Utc(2262, 1, 1).Microseconds;

    public static RowBatch Read(ViewPlan plan, DataFrame frame, int firstRow = 0)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var view = plan.View;
        var what = $"Feature view '{view.Name}'";
        var wanted = view.Keys.Select(key => key.Column).Append(view.EventTimeColumn)
            .Concat(view.AvailableAtColumn is null ? [] : new[] { view.AvailableAtColumn })
            .Concat(plan.Fixed.Select(column => column.Column)).Concat(plan.Hashed).Concat(plan.Plain.Select(column => column.Column))
            .Except(view.Derived.Select(column => column.Name), StringComparer.Ordinal).Concat(view.Derived.SelectMany(column => column.Inputs))
            .Distinct(StringComparer.Ordinal).ToArray();
        var derived = view.Derived.Select(column => column.Name).ToHashSet(StringComparer.Ordinal);
        var missing = wanted.Where(column => !frame.HasColumn(column) && !derived.Contains(column)).ToArray();
        if (missing.Length > 0)
            throw new InvalidInputException(
                $"{what}: the batch lacks column(s) {string.Join(", ", missing.Select(name => $"'{name}'"))}. It has {string.Join(", ", frame.Columns.Select(column => $"'{column.Name}'"))}. Rename or add them.");

        frame = Derive(what, view, frame);
        var keys = KeyCodes.Combine([.. view.Keys.Select(key => KeyCodes.OfColumn(frame[key.Column], what))]);
        var nullKey = Array.IndexOf(keys.Rows, -1);
        if (nullKey >= 0)
        {
            var column = view.Keys.First(key => frame[key.Column].IsNull(nullKey) || frame[key.Column].GetValue(nullKey) is null).Column;
            throw new InvalidInputException($"{what}: key column '{column}' is null in row {firstRow + nullKey}. Every row needs its whole key; drop such rows or give them a key of their own.");
        }

        for (var p = 0; p < keys.Parts.Length; p++)
        {
            if (Array.Find(keys.Parts[p], text => text.Length > 4096) is { } tooLong)
                throw new InvalidInputException($"{what}: a key in column '{view.Keys[p].Column}' has {tooLong.Length} characters; 4096 are allowed. Use a shorter identifier.");
        }

        var events = Times(what, frame, view.EventTimeColumn, null, firstRow);
        var available = view.AvailableAtColumn is null || view.AvailableAtColumn == view.EventTimeColumn ? events : Times(what, frame, view.AvailableAtColumn, events, firstRow);
        return new RowBatch
        {
            Count = frame.RowCount,
            Entity = keys.Rows,
            Keys = keys.Parts,
            Event = events,
            Available = available,
            Fixed = [.. plan.Fixed.Select(column => FixedUnits(what, frame[column.Column], column.Scale, firstRow))],
            Hashed = [.. plan.Hashed.Select(column => Hashes(what, frame[column]))],
            Plain = [.. plan.Plain.Select(column => PlainValues.Of(what, frame[column.Column], column.Type))],
        };
    }

    /// <summary>The times of a column; nulls are refused, or replaced by those of another column.</summary>
    public static long[] Times(string what, DataFrame frame, string name, long[]? insteadOfNull, int firstRow = 0)
    {
        if (!frame.HasColumn(name))
            throw new InvalidInputException($"{what}: there is no time column '{name}'. {NearestNames.Describe(name, frame.Columns.Select(column => column.Name))}");
        if (frame[name] is not DataColumn<Timestamp> column)
            throw new InvalidInputException($"{what}: time column '{name}' holds {frame[name].Type}, not Timestamp. Convert it with Timestamp.From, which asks for a zone.");
        var times = GC.AllocateUninitializedArray<long>(column.Length);
        var span = column.Span;
        var hasNulls = column.NullCount > 0;
        if (!hasNulls && times.Length > 0)
        {
            MemoryMarshal.Cast<Timestamp, long>(span).CopyTo(times);
            var (least, most) = WordRange.Of(times);
            if (least >= Earliest && most <= Latest)
                return times;
        }

        for (var i = 0; i < times.Length; i++)
        {
            if (hasNulls && column.IsNull(i))
            {
                times[i] = insteadOfNull is not null
                    ? insteadOfNull[i]
                    : throw new InvalidInputException($"{what}: time column '{name}' is null in row {firstRow + i}. Every row needs a time; drop such rows.");
                continue;
            }

            var time = span[i].Microseconds;
            if (time < Earliest || time > Latest)
                throw new InvalidInputException($"{what}: time column '{name}' holds {span[i]} in row {firstRow + i}, outside the years 1800 to 2262. Are the units microseconds?");
            times[i] = time;
        }

        return times;
    }

    private static DataFrame Derive(string what, FeatureView view, DataFrame frame)
    {
        if (view.Derived.Count == 0)
            return frame;
        if (view.Derived.FirstOrDefault(column => frame.HasColumn(column.Name)) is { } clash)
            throw new InvalidInputException($"{what}: the batch has a column '{clash.Name}', which the view derives from {string.Join(", ", clash.Inputs.Select(name => $"'{name}'"))}. Leave it out or rename it.");
        var numbers = new Dictionary<string, double[]>(StringComparer.Ordinal);
        var columns = new List<DataColumn>();
        foreach (var column in view.Derived)
        {
            var inputs = new double[column.Inputs.Count][];
            for (var i = 0; i < inputs.Length; i++)
            {
                var name = column.Inputs[i];
                if (!numbers.TryGetValue(name, out var values))
                {
                    if (frame[name].Type is DataType.String or DataType.Timestamp)
                        throw new InvalidInputException($"{what}: column '{name}' holds {frame[name].Type}, but '{column.Name}' is computed from it as a number. Convert the column.");
                    numbers.Add(name, values = frame[name].AsDoubles());
                }

                inputs[i] = values;
            }

            var results = new double[frame.RowCount];
            var row = new double[inputs.Length];
            for (var r = 0; r < results.Length; r++)
            {
                for (var i = 0; i < row.Length; i++)
                    row[i] = inputs[i][r];
                results[r] = column.Compute(row);
            }

            numbers.Add(column.Name, results);
            columns.Add(DataColumn.Create(column.Name, results));
        }

        return frame.With(columns);
    }

    private static long[] FixedUnits(string what, DataColumn column, int scale, int firstRow)
    {
        var units = new long[column.Length];
        switch (column)
        {
            case DataColumn<bool> values:
                for (var i = 0; i < units.Length; i++)
                    units[i] = values.Span[i] ? scale : 0;
                break;
            case DataColumn<int> values:
                Convert(values.Span, what, column, scale, units, firstRow);
                break;
            case DataColumn<long> values:
                Convert(values.Span, what, column, scale, units, firstRow);
                break;
            case DataColumn<float> values:
                Convert(values.Span, what, column, scale, units, firstRow);
                break;
            case DataColumn<double> values:
                Convert(values.Span, what, column, scale, units, firstRow);
                break;
            default:
                throw new InvalidInputException($"{what}: column '{column.Name}' holds {column.Type}; aggregations take Boolean or numbers. Convert the column.");
        }

        BlankNulls(column, units, ViewPlan.Missing);
        return units;
    }

    private static void Convert<T>(ReadOnlySpan<T> values, string what, DataColumn column, int scale, long[] units, int firstRow)
        where T : struct, INumberBase<T>
    {
        var hasNulls = column.NullCount > 0;
        for (var i = 0; i < units.Length; i++)
        {
            var value = double.CreateTruncating(values[i]);
            var scaled = Math.Round(value * scale);
            if (Math.Abs(scaled) <= ViewPlan.MaxUnits)
                units[i] = (long)scaled;
            else if (double.IsNaN(value) || (hasNulls && column.IsNull(i)))
                units[i] = ViewPlan.Missing;
            else
                throw new InvalidInputException(string.Create(CultureInfo.InvariantCulture,
                    $"{what}: column '{column.Name}' holds {value} in row {firstRow + i}, beyond ±{(double)ViewPlan.MaxUnits / scale:0.###}, which scale {scale} allows. Choose a smaller scale, or clip the value."));
        }
    }

    private static long[] Hashes(string what, DataColumn column)
    {
        var hashes = new long[column.Length];
        switch (column)
        {
            case DataColumn<bool> values:
                for (var i = 0; i < hashes.Length; i++)
                    hashes[i] = ValueHash.Of(values.Span[i] ? 1L : 0);
                break;
            case DataColumn<int> values:
                for (var i = 0; i < hashes.Length; i++)
                    hashes[i] = ValueHash.Of((long)values.Span[i]);
                break;
            case DataColumn<long> values:
                for (var i = 0; i < hashes.Length; i++)
                    hashes[i] = ValueHash.Of(values.Span[i]);
                break;
            case DataColumn<float> values:
                for (var i = 0; i < hashes.Length; i++)
                    hashes[i] = ValueHash.Of((double)values.Span[i]);
                break;
            case DataColumn<double> values:
                for (var i = 0; i < hashes.Length; i++)
                    hashes[i] = ValueHash.Of(values.Span[i]);
                break;
            case DataColumn<Timestamp> values:
                for (var i = 0; i < hashes.Length; i++)
                    hashes[i] = ValueHash.Of(values.Span[i].Microseconds);
                break;
            case DataColumn<string> values:
                for (var i = 0; i < hashes.Length; i++)
                    hashes[i] = ValueHash.Of(values.Span[i]);
                break;
            default:
                throw new InvalidInputException($"{what}: column '{column.Name}' holds {column.Type}; distinct values are counted of Boolean, numbers, texts and timestamps.");
        }

        BlankNulls(column, hashes, 0L);
        return hashes;
    }

    private static void BlankNulls<T>(DataColumn column, T[] values, T blank)
    {
        if (column.NullCount == 0)
            return;
        for (var i = 0; i < values.Length; i++)
        {
            if (column.IsNull(i))
                values[i] = blank;
        }
    }
}
