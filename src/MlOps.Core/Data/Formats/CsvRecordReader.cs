using System.Text;

namespace MlOps;

/// <summary>Splits CSV text into records (RFC 4180: quotes doubled inside quotes, line ends inside quotes are text; \n, \r\n and \r end a record).</summary>
internal sealed class CsvRecordReader(TextReader reader, char delimiter)
{
    private readonly char[] _buffer = new char[16 * 1024];
    private readonly StringBuilder _field = new();
    private int _at;
    private int _filled;
    private long _line = 1;

    /// <summary>The line on which the last record began, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>Reads the fields of the next record; false at the end of the text.</summary>
    public bool TryRead(List<(string Text, bool Quoted)> fields)
    {
        fields.Clear();
        Line = _line;
        if (Peek() < 0)
            return false;
        while (true)
        {
            fields.Add(ReadField());
            var next = Read();
            if (next == delimiter)
                continue;
            if (next == '\r' && Peek() == '\n')
                Read();
            if (next >= 0)
                _line++;
            return true;
        }
    }

    private (string Text, bool Quoted) ReadField()
    {
        _field.Clear();
        if (Peek() != '"')
        {
            while (Peek() is var next && next >= 0 && next != delimiter && next is not ('\r' or '\n'))
            {
                if (next == '"')
                    throw new InvalidInputException($"CSV line {_line}: a quote stands inside an unquoted field after '{Shown()}'. Quote the whole field and double the quotes in it.");
                _field.Append((char)Read());
            }

            return (_field.ToString(), false);
        }

        Read();
        var opened = _line;
        while (true)
        {
            var next = Read();
            switch (next)
            {
                case < 0:
                    throw new InvalidInputException($"CSV line {opened}: a quoted field is not closed before the text ends.");
                case '"' when Peek() == '"':
                    Read();
                    _field.Append('"');
                    break;
                case '"':
                    var after = Peek();
                    if (after >= 0 && after != delimiter && after is not ('\r' or '\n'))
                        throw new InvalidInputException($"CSV line {_line}: '{(char)after}' follows the closing quote of '{Shown()}'. Double the quotes inside a quoted field.");
                    return (_field.ToString(), true);
                default:
                    if (next == '\n' || (next == '\r' && Peek() != '\n'))
                        _line++;
                    _field.Append((char)next);
                    break;
            }
        }
    }

    private string Shown() => _field.Length > 40 ? _field.ToString(0, 40) + "..." : _field.ToString();

    private int Peek()
    {
        if (_at == _filled && !Fill())
            return -1;
        return _buffer[_at];
    }

    private int Read()
    {
        if (_at == _filled && !Fill())
            return -1;
        return _buffer[_at++];
    }

    private bool Fill()
    {
        _at = 0;
        _filled = reader.Read(_buffer, 0, _buffer.Length);
        return _filled > 0;
    }
}
