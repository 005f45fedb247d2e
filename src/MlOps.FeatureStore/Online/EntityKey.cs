namespace MlOps.Features;

/// <summary>The parts of one entity's key where they lie: in a request, or in the columns of a batch.</summary>
internal readonly ref struct EntityKey
{
    private readonly ReadOnlySpan<string> _parts;
    private readonly ReadOnlySpan<int> _places;
    private readonly string[][]? _columns;
    private readonly int _code;

    /// <summary>A key whose parts stand at given places of a request.</summary>
    public EntityKey(ReadOnlySpan<string> parts, ReadOnlySpan<int> places)
    {
        _parts = parts;
        _places = places;
    }

    /// <summary>A key of a batch by its code.</summary>
    public EntityKey(string[][] columns, int code)
    {
        _columns = columns;
        _code = code;
    }

    public string this[int part] => _columns is { } columns ? columns[part][_code] : _parts[_places[part]];
}
