using System.Globalization;

namespace MlOps;

/// <summary>
/// A column that grows from texts. Without a given type it holds the narrowest one that fits all texts so far (flag, integer, number, moment,
/// else text) and keeps the texts until it is text itself, so that each is parsed once and none is lost when the type widens. Not thread-safe.
/// </summary>
internal sealed class TextColumn(string name, DataType? given, TimeZoneInfo? zone, string source, string remedy)
{
    private readonly TextPool _pool = new();
    private readonly List<int> _ends = [];
    private DataType? _type = given;
    private ColumnBuilder? _builder;
    private readonly bool _isGiven = given is not null;
    private bool _fixed = given is not null;
    private char[] _raw = [];
    private int _used;
    private int _nulls;

    public string Name => name;

    public DataType? Type => _type;

    public bool IsGiven => _isGiven;

    public int Count => _builder?.Count ?? _nulls;

    public void AddNull()
    {
        if (_builder is null)
            _nulls++;
        else
            _builder.AddNull();
        if (!_fixed && _type is not DataType.String)
            _ends.Add(~_used);
    }

    /// <summary>A text of CSV.</summary>
    public void Add(ReadOnlySpan<char> text, long line)
    {
        if (_fixed)
        {
            Append(text, line);
            return;
        }

        Keep(text);
        if (_type is null)
            Become(Narrowest(text));
        else if (_type is DataType.Int64 or DataType.Float64 && ValueText.LooksLikeCode(text))
            Become(DataType.String);
        else if (!TryAppend(text))
            Become(_type == DataType.Int64 && IsNumber(text) ? DataType.Float64 : DataType.String);
    }

    /// <summary>A number of JSON.</summary>
    public void AddNumber(ReadOnlySpan<char> text, long line)
    {
        if (_fixed)
        {
            Append(text, line);
            return;
        }

        Keep(text);
        if (_type is null)
            Become(ValueText.TryInteger(text, out _) ? DataType.Int64 : DataType.Float64);
        else if (!TryAppend(text))
            Become(DataType.Float64);
    }

    /// <summary>A text of JSON.</summary>
    public void AddText(ReadOnlySpan<char> text, long line)
    {
        if (_fixed)
        {
            Append(text, line);
            return;
        }

        Keep(text);
        if (_type is null)
            Become(ValueText.TryMoment(text, zone, out _) == MomentText.Moment ? DataType.Timestamp : DataType.String);
        else if (!TryAppend(text))
            Become(DataType.String);
    }

    /// <summary>Hands out the rows so far; those that follow must be of the same type.</summary>
    public DataColumn Build()
    {
        _type ??= DataType.String;
        _fixed = true;
        (_raw, _used) = ([], 0);
        _ends.Clear();
        Start();
        return _builder!.Build();
    }

    private void Start()
    {
        if (_builder is not null)
            return;
        _builder = ColumnBuilder.Create(name, _type!.Value);
        for (; _nulls > 0; _nulls--)
            _builder.AddNull();
    }

    private void Append(ReadOnlySpan<char> text, long line)
    {
        Start();
        if (TryAppend(text))
            return;
        if (_type == DataType.Timestamp && ValueText.TryMoment(text, zone, out _) is var kind and not MomentText.None)
        {
            throw new InvalidInputException(
                $"{source} line {line}: column '{name}' holds '{Shown(text)}', {(kind == MomentText.Zoneless ? $"a time without a zone. Write the zone (2001-02-03T04:05:06Z), or say which is meant: {remedy}.AssumedZone = TimeZoneInfo.Utc" : $"a time that does not exist, or exists twice, in zone '{zone?.Id}'. Write its offset")}.");
        }

        throw new InvalidInputException(string.Create(CultureInfo.InvariantCulture,
            $"{source} line {line}: column '{name}' holds '{Shown(text)}', which is no {_type}{(!_isGiven ? $", the type found in the first batch. Give the type in {remedy}.Types" : ". Correct it, or read the column as String")}."));
    }

    private bool TryAppend(ReadOnlySpan<char> text)
    {
        if (_builder is ColumnBuilder<string> texts)
        {
            texts.Add(_pool.Get(text));
            return true;
        }

        return ValueText.TryAdd(_builder!, text, zone);
    }

    private void Keep(ReadOnlySpan<char> text)
    {
        if (_type is DataType.String)
            return;
        if (_used + (long)text.Length > Array.MaxLength)
            throw new InvalidInputException($"{source}: column '{name}' has too much text to find its type. Give the type in {remedy}.Types, or read in batches.");
        if (_used + text.Length > _raw.Length)
            Array.Resize(ref _raw, (int)Math.Min(Array.MaxLength, Math.Max(1024L, Math.Max(_raw.Length * 2L, _used + (long)text.Length))));
        text.CopyTo(_raw.AsSpan(_used));
        _used += text.Length;
        _ends.Add(_used);
    }

    private void Become(DataType type)
    {
        _type = type;
        _builder = ColumnBuilder.Create(name, type, _ends.Count);
        _nulls = 0;
        var start = 0;
        foreach (var mark in _ends)
        {
            if (mark < 0)
            {
                _builder.AddNull();
                continue;
            }

            TryAppend(_raw.AsSpan(start, mark - start));
            start = mark;
        }

        if (type != DataType.String)
            return;
        (_raw, _used) = ([], 0);
        _ends.Clear();
    }

    private DataType Narrowest(ReadOnlySpan<char> text) =>
        ValueText.TryFlag(text, out _) ? DataType.Boolean
        : ValueText.LooksLikeCode(text) ? DataType.String
        : ValueText.TryInteger(text, out _) ? DataType.Int64
        : IsNumber(text) ? DataType.Float64
        : ValueText.TryMoment(text, zone, out _) == MomentText.Moment ? DataType.Timestamp
        : DataType.String;

    // An integer beyond 64 bits is an identifier more often than a quantity; as a double it would lose digits in silence.
    private static bool IsNumber(ReadOnlySpan<char> text) =>
        !ValueText.LooksLikeCode(text) && ValueText.TryNumber(text, out _) && (text.Length < 19 || text.IndexOfAnyExcept("+-0123456789") >= 0 || ValueText.TryInteger(text, out _));

    private static string Shown(ReadOnlySpan<char> text) => text.Length > 60 ? string.Concat(text[..60], "...") : text.ToString();
}
