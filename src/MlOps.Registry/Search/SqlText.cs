using System.Globalization;
using System.Text;

namespace MlOps.Registry;

/// <summary>A statement being written. Values go in as parameters only; the text consists of constants of this library.</summary>
internal sealed class SqlText
{
    private readonly StringBuilder _text = new(512);
    private readonly List<(string Name, object? Value)> _parameters = [];

    public (string Name, object? Value)[] Parameters => [.. _parameters];

    public SqlText Add(string constant)
    {
        _text.Append(constant);
        return this;
    }

    public SqlText Value(object value)
    {
        var name = "@p" + _parameters.Count.ToString(CultureInfo.InvariantCulture);
        _parameters.Add((name, value));
        _text.Append(name);
        return this;
    }

    public SqlText Values(IEnumerable<object> values)
    {
        var first = true;
        _text.Append('(');
        foreach (var value in values)
        {
            if (!first)
                _text.Append(", ");
            first = false;
            Value(value);
        }

        _text.Append(')');
        return this;
    }

    public override string ToString() => _text.ToString();
}
