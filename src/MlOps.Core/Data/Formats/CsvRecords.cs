using System.Buffers;
using System.Text;

namespace MlOps;

/// <summary>
/// Splits CSV text into records (RFC 4180: quotes doubled inside quotes, line ends inside quotes are text; \n, \r\n and \r end a record).
/// Fields are spans over the read buffer, valid until the next read. Not thread-safe.
/// </summary>
internal sealed class CsvRecords
{
    private readonly TextReader _reader;
    private readonly char _delimiter;
    private readonly int _maxRecord;
    private readonly SearchValues<char> _ends;
    private readonly List<(int Start, int Length, bool Quoted)> _fields = [];
    private char[] _buffer;
    private int _start;
    private int _filled;
    private bool _began;
    private bool _ended;
    private long _nextLine = 1;

    public CsvRecords(TextReader reader, char delimiter, int maxRecord)
    {
        _reader = reader;
        _delimiter = delimiter;
        _maxRecord = maxRecord;
        _ends = SearchValues.Create([delimiter, '"', '\r', '\n']);
        _buffer = new char[Math.Min(maxRecord, 64 * 1024)];
    }

    private enum Step
    {
        Record,
        More,
        End,
    }

    /// <summary>The line on which the last record began, from 1.</summary>
    public long Line { get; private set; } = 1;

    /// <summary>The fields of the last record.</summary>
    public int Count => _fields.Count;

    public ReadOnlySpan<char> Text(int field) => _buffer.AsSpan(_fields[field].Start, _fields[field].Length);

    public bool IsQuoted(int field) => _fields[field].Quoted;

    /// <summary>Reads the next record; false at the end of the text.</summary>
    public bool Read()
    {
        while (true)
        {
            switch (Parse())
            {
                case Step.Record:
                    return true;
                case Step.End:
                    return false;
                default:
                    MakeRoom();
                    Filled(Fill());
                    break;
            }
        }
    }

    /// <summary>Reads the next record; false at the end of the text.</summary>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            switch (Parse())
            {
                case Step.Record:
                    return true;
                case Step.End:
                    return false;
                default:
                    MakeRoom();
                    Filled(await FillAsync(cancellationToken).ConfigureAwait(false));
                    break;
            }
        }
    }

    // A record that the buffer does not hold to its end is parsed again from its start once there is more.
    private Step Parse()
    {
        var text = _buffer.AsSpan(0, _filled);
        if (_start == _filled)
            return _ended ? Step.End : Step.More;
        _fields.Clear();
        var (at, line) = (_start, _nextLine);
        while (true)
        {
            if (at < _filled && text[at] == '"')
            {
                if (!TryQuoted(text, ref at, ref line))
                    return Step.More;
            }
            else
            {
                var length = text[at..].IndexOfAny(_ends);
                if (length < 0 && !_ended)
                    return Step.More;
                if (length < 0)
                    length = _filled - at;
                if (at + length < _filled && text[at + length] == '"')
                    throw new InvalidInputException($"CSV line {line}: a quote stands inside an unquoted field after '{Shown(text.Slice(at, length))}'. Quote the whole field and double the quotes in it.");
                _fields.Add((at, length, false));
                at += length;
            }

            if (at == _filled)
            {
                if (!_ended)
                    return Step.More;
                break;
            }

            if (text[at] == _delimiter)
            {
                at++;
                continue;
            }

            if (text[at] == '\r')
            {
                if (at + 1 == _filled && !_ended)
                    return Step.More;
                if (at + 1 < _filled && text[at + 1] == '\n')
                    at++;
            }

            at++;
            line++;
            break;
        }

        for (var i = 0; i < _fields.Count; i++)
        {
            if (_fields[i] is { Length: < 0 } doubled)
                _fields[i] = (doubled.Start, Undouble(text.Slice(doubled.Start, ~doubled.Length)), true);
        }

        Line = _nextLine;
        (_start, _nextLine) = (at, line);
        return Step.Record;
    }

    private bool TryQuoted(Span<char> text, ref int at, ref long line)
    {
        var open = at + 1;
        var doubled = false;
        for (var from = open; ;)
        {
            var quote = text[from..].IndexOf('"');
            if (quote < 0 && _ended)
                throw new InvalidInputException($"CSV line {line}: a quoted field is not closed before the text ends.");
            quote += from;
            if (quote < from || (quote + 1 == _filled && !_ended))
                return false;
            if (quote + 1 < _filled && text[quote + 1] == '"')
            {
                doubled = true;
                from = quote + 2;
                continue;
            }

            var inside = text[open..quote];
            for (var i = inside.IndexOfAny('\r', '\n'); i >= 0 && i < inside.Length; i++)
            {
                if (inside[i] == '\n' || (inside[i] == '\r' && (i + 1 == inside.Length || inside[i + 1] != '\n')))
                    line++;
            }

            at = quote + 1;
            if (at < _filled && text[at] != _delimiter && text[at] is not ('\r' or '\n'))
                throw new InvalidInputException($"CSV line {line}: '{text[at]}' follows the closing quote of '{Shown(inside)}'. Double the quotes inside a quoted field.");
            // Undoubling in place would spoil a field that is parsed again: a negative length puts it off until the record is whole.
            _fields.Add((open, doubled ? ~inside.Length : inside.Length, true));
            return true;
        }
    }

    private static int Undouble(Span<char> text)
    {
        var to = 0;
        for (var from = 0; from < text.Length; from++)
        {
            text[to++] = text[from];
            if (text[from] == '"')
                from++;
        }

        return to;
    }

    private int Fill()
    {
        try
        {
            return _reader.Read(_buffer, _filled, _buffer.Length - _filled);
        }
        catch (DecoderFallbackException e)
        {
            throw NotUnicode(e);
        }
    }

    private async ValueTask<int> FillAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _reader.ReadAsync(_buffer.AsMemory(_filled), cancellationToken).ConfigureAwait(false);
        }
        catch (DecoderFallbackException e)
        {
            throw NotUnicode(e);
        }
    }

    private InvalidInputException NotUnicode(DecoderFallbackException e) =>
        new($"The CSV text holds bytes that are no UTF-8, at or after line {_nextLine}: {e.Message} Convert the file, or open it with a StreamReader of its encoding.", e);

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _filled - _start).CopyTo(_buffer);
            (_filled, _start) = (_filled - _start, 0);
        }

        if (_filled < _buffer.Length)
            return;
        if (_buffer.Length >= _maxRecord)
            throw new InvalidInputException($"CSV line {_nextLine}: the record has more than {_maxRecord} characters. Is a quote not closed? Raise CsvOptions.MaxRecordCharacters if it is meant.");
        Array.Resize(ref _buffer, (int)Math.Min(_maxRecord, _buffer.Length * 2L));
    }

    private void Filled(int read)
    {
        _filled += read;
        _ended = read == 0;
        if (!_began && _filled > 0 && _buffer[0] == '\uFEFF')
            _start = 1;
        _began = true;
    }

    private static string Shown(ReadOnlySpan<char> text) => text.Length > 40 ? string.Concat(text[..40], "...") : text.ToString();
}
