namespace MlOps;

/// <summary>Finds the narrowest type that all texts of a column have: flag, integer, number, moment, else text.</summary>
internal sealed class TypeGuess
{
    private bool _seen;
    private bool _flag = true;
    private bool _integer = true;
    private bool _number = true;
    private bool _moment = true;

    public DataType Type => !_seen ? DataType.String
        : _flag ? DataType.Boolean
        : _integer ? DataType.Int64
        : _number ? DataType.Float64
        : _moment ? DataType.Timestamp
        : DataType.String;

    public void See(string text)
    {
        _seen = true;
        _flag = _flag && ValueText.TryFlag(text, out _);
        var code = ValueText.LooksLikeCode(text);
        _integer = _integer && !code && ValueText.TryInteger(text, out _);
        _number = _number && !code && ValueText.TryNumber(text, out _);
        _moment = _moment && ValueText.TryMoment(text, out _);
    }
}
