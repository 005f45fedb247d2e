using System.Globalization;

namespace MlOps.Features;

/// <summary>Takes a column's values from a source and refuses what the view cannot read, naming place, column, value and remedy.</summary>
internal sealed class SourceColumn
{
    private static readonly string[] MomentFormats =
    [
        "yyyy-MM-ddTHH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ss.FFFFFFF K", "yyyy-MM-ddTHH:mmK", "yyyy-MM-dd HH:mmK", "yyyy-MM-dd",
    ];

    private readonly string _source;
    private readonly bool _assumeUtc;
    private readonly ColumnBuilder _builder;

    public SourceColumn(string source, string name, SourceColumnKind kind, bool assumeUtc)
    {
        _source = source;
        _assumeUtc = assumeUtc;
        Name = name;
        Kind = kind;
        _builder = kind switch
        {
            SourceColumnKind.Key or SourceColumnKind.Text => new ColumnBuilder<string>(name),
            SourceColumnKind.Integer => new ColumnBuilder<long>(name),
            SourceColumnKind.Flag => new ColumnBuilder<bool>(name),
            SourceColumnKind.Value => new ColumnBuilder<double>(name),
            _ => new ColumnBuilder<Timestamp>(name),
        };
    }

    public string Name { get; }

    public SourceColumnKind Kind { get; }

    public DataColumn Build() => _builder.Build();

    public void AddNull(long place)
    {
        switch (Kind)
        {
            case SourceColumnKind.Key:
                throw Refuse(place, "is a key without a value", "Every row needs its whole key; drop such rows or give them a key of their own");
            case SourceColumnKind.Time:
                throw Refuse(place, "is the event time and has no value", "Every row needs a time; drop such rows");
            default:
                _builder.AddNull();
                break;
        }
    }

    /// <summary>Adds a value from a text without types, such as a CSV field.</summary>
    public void AddText(ReadOnlySpan<char> text, long place)
    {
        if (Kind == SourceColumnKind.Value)
        {
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
                AddNumber(number);
            else if (bool.TryParse(text, out var flag))
                AddNumber(flag ? 1 : 0);
            else
                throw Refuse(place, $"holds '{Shown(text.ToString())}', which is neither a number nor true or false", "Correct the value, or leave the field empty where there is none");
            return;
        }

        if (Kind == SourceColumnKind.Integer)
        {
            AddInteger(
                long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
                    ? whole
                    : throw Refuse(place, $"holds '{Shown(text.ToString())}', which is no whole number of 64 bits", "Correct the value, or leave the field empty where there is none"),
                place);
            return;
        }

        if (Kind == SourceColumnKind.Flag)
        {
            AddFlag(
                bool.TryParse(text, out var truth) ? truth
                : text is "1" || (text is "0" ? false : throw Refuse(place, $"holds '{Shown(text.ToString())}', which is neither true nor false", "Write true, false, 1 or 0")),
                place);
            return;
        }

        // What other programs write where a key is missing.
        if (Kind == SourceColumnKind.Key && text is "NaN")
            throw Refuse(place, "holds NaN, which is no key", "Drop such rows or give them a key of their own");
        AddString(text.ToString(), place);
    }

    /// <summary>Adds a value that is a text where it comes from.</summary>
    public void AddString(string text, long place)
    {
        switch (Kind)
        {
            case SourceColumnKind.Key or SourceColumnKind.Text:
                ((ColumnBuilder<string>)_builder).Add(text);
                break;
            case SourceColumnKind.Value or SourceColumnKind.Integer or SourceColumnKind.Flag:
                throw Refuse(place, $"holds the text '{Shown(text)}'", "The view needs a number or true or false there; convert it");
            default:
                AddMoment(Moment(text, place));
                break;
        }
    }

    public void AddInteger(long number, long place)
    {
        switch (Kind)
        {
            case SourceColumnKind.Key or SourceColumnKind.Text:
                ((ColumnBuilder<string>)_builder).Add(number.ToString(CultureInfo.InvariantCulture));
                break;
            case SourceColumnKind.Integer:
                ((ColumnBuilder<long>)_builder).Add(number);
                break;
            case SourceColumnKind.Flag when number is 0 or 1:
                AddFlag(number == 1, place);
                break;
            case SourceColumnKind.Flag:
                throw Refuse(place, string.Create(CultureInfo.InvariantCulture, $"holds the number {number}"), "The view needs true or false there; convert it");
            case SourceColumnKind.Value:
                AddNumber(number);
                break;
            default:
                throw Refuse(place, string.Create(CultureInfo.InvariantCulture, $"holds the number {number}"), "The view needs a moment there; convert it to ISO 8601 with a zone, such as 2001-01-01T12:00:00Z");
        }
    }

    public void AddDouble(double number, long place)
    {
        if (Kind == SourceColumnKind.Integer && Math.Floor(number) == number && Math.Abs(number) <= 1L << 53)
        {
            AddInteger((long)number, place);
            return;
        }

        if (Kind != SourceColumnKind.Value)
            throw Refuse(
                place, string.Create(CultureInfo.InvariantCulture, $"holds the number {number}"),
                Kind == SourceColumnKind.Integer ? "The view needs a whole number there; round it" : Kind == SourceColumnKind.Flag ? "The view needs true or false there; convert it"
                : Kind is SourceColumnKind.Key or SourceColumnKind.Text ? "Keys are texts or whole numbers; convert it" : "The view needs a moment there; convert it to ISO 8601 with a zone");
        AddNumber(number);
    }

    public void AddFlag(bool flag, long place)
    {
        if (Kind == SourceColumnKind.Flag)
        {
            ((ColumnBuilder<bool>)_builder).Add(flag);
            return;
        }

        if (Kind == SourceColumnKind.Integer)
        {
            AddInteger(flag ? 1 : 0, place);
            return;
        }

        if (Kind != SourceColumnKind.Value)
            throw Refuse(place, $"holds {(flag ? "true" : "false")}", Kind is SourceColumnKind.Key or SourceColumnKind.Text ? "Keys and texts are texts or whole numbers; convert it" : "The view needs a moment there");
        AddNumber(flag ? 1 : 0);
    }

    /// <summary>Adds a value of a database.</summary>
    public void AddObject(object value, long place)
    {
        switch (value)
        {
            case string text:
                AddString(text, place);
                break;
            case bool flag:
                AddFlag(flag, place);
                break;
            case byte or sbyte or short or ushort or int or uint or long:
                AddInteger(Convert.ToInt64(value, CultureInfo.InvariantCulture), place);
                break;
            case float or double or decimal:
                AddDouble(Convert.ToDouble(value, CultureInfo.InvariantCulture), place);
                break;
            case Guid id when Kind is SourceColumnKind.Key or SourceColumnKind.Text:
                AddString(id.ToString(), place);
                break;
            case DateTimeOffset date when Kind is SourceColumnKind.Time or SourceColumnKind.OptionalTime:
                AddMoment(Timestamp.From(date));
                break;
            case DateTime date when Kind is SourceColumnKind.Time or SourceColumnKind.OptionalTime:
                if (date.Kind == DateTimeKind.Unspecified && !_assumeUtc)
                    throw NoZone(place, date.ToString("O", CultureInfo.InvariantCulture));
                AddMoment(Timestamp.From(date.Kind == DateTimeKind.Unspecified ? DateTime.SpecifyKind(date, DateTimeKind.Utc) : date));
                break;
            default:
                throw Refuse(place, $"holds a {value.GetType().Name}, which the view cannot read", "Convert it in the query");
        }
    }

    private void AddNumber(double number) => ((ColumnBuilder<double>)_builder).Add(number);

    private void AddMoment(Timestamp moment) => ((ColumnBuilder<Timestamp>)_builder).Add(moment);

    private Timestamp Moment(string text, long place)
    {
        if (!DateTimeOffset.TryParseExact(text, MomentFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date))
            throw Refuse(place, $"holds '{Shown(text)}', which is no moment", "Write moments in ISO 8601 with a zone, such as 2001-01-01T12:00:00Z");
        if (!_assumeUtc && !HasZone(text))
            throw NoZone(place, text);
        return Timestamp.From(date);
    }

    private static bool HasZone(string text) =>
        text.EndsWith('Z') || (text.Length > 6 && text[^3] == ':' && text[^6] is '+' or '-' && text.Contains(':', StringComparison.Ordinal));

    private InvalidInputException NoZone(long place, string text) =>
        Refuse(place, $"holds '{Shown(text)}', which has no time zone", "Write the zone (2001-01-01T12:00:00Z), or set SourceOptions.AssumeUtc when all of them are UTC");

    private InvalidInputException Refuse(long place, string what, string remedy) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{_source}, line {place}: column '{Name}' {what}. {remedy}."));

    private static string Shown(string text) => text.Length > 60 ? text[..60] + "..." : text;
}
