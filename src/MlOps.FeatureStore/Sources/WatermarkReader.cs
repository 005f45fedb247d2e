using System.Data.Common;
using System.Globalization;

namespace MlOps.Features;

/// <summary>Follows the column by which a query's rows are ordered, and writes its value down as text.</summary>
internal sealed class WatermarkReader(string column, string source)
{
    private int _place = -1;
    private object? _value;

    /// <summary>The value of the row read last.</summary>
    public string? Current { get; private set; }

    /// <summary>The value before it changed the last time.</summary>
    public string? Before { get; private set; }

    public void Bind(IReadOnlyList<string> names)
    {
        _place = names.ToList().IndexOf(column);
        if (_place < 0)
            throw new InvalidInputException($"{source} yields no column '{column}', which is its watermark. Select it. {NearestNames.Describe(column, names)}");
    }

    /// <summary>Takes the current row's value; true when it differs from the row before.</summary>
    public bool Advance(DbDataReader reader, long row)
    {
        if (reader.IsDBNull(_place))
            throw new InvalidInputException($"{source}, row {row}: the watermark '{column}' is null. Leave such rows out of the query.");
        var value = reader.GetValue(_place);
        if (_value is not null && Compare(_value, value, row) is var order && order >= 0)
        {
            if (order > 0)
                throw new InvalidInputException($"{source}, row {row}: the watermark '{column}' goes back from {Write(_value)} to {Write(value)}. Add ORDER BY {column} to the query.");
            return false;
        }

        Before = Current;
        Current = Write(value);
        _value = value;
        return true;
    }

    /// <summary>A value as text that <see cref="Read"/> gives back.</summary>
    public static string Write(object value) => value switch
    {
        string text => "s:" + text,
        DateTime date => string.Create(CultureInfo.InvariantCulture, $"d:{date:O}"),
        DateTimeOffset date => string.Create(CultureInfo.InvariantCulture, $"o:{date:O}"),
        float or double or decimal => throw new InvalidInputException($"A watermark cannot be a {value.GetType().Name}: use a whole number, a text or a moment."),
        _ => string.Create(CultureInfo.InvariantCulture, $"i:{Convert.ToInt64(value, CultureInfo.InvariantCulture)}"),
    };

    public static object Read(string position) => position[0] switch
    {
        's' => position[2..],
        'd' => DateTime.ParseExact(position[2..], "O", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind),
        'o' => DateTimeOffset.ParseExact(position[2..], "O", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind),
        _ => long.Parse(position.AsSpan(2), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture),
    };

    private int Compare(object earlier, object later, long row) => earlier is string left && later is string right
        ? string.CompareOrdinal(left, right)
        : earlier.GetType() == later.GetType() && earlier is IComparable comparable
            ? comparable.CompareTo(later)
            : throw new InvalidInputException($"{source}, row {row}: the watermark '{column}' changes from {earlier.GetType().Name} to {later.GetType().Name}. Cast it in the query.");
}
