namespace MlOps.Features;

/// <summary>A reader whose properties were found among a service's features.</summary>
internal sealed class BoundReader<T>
{
    private readonly FeatureRowBinding<T> _binding;
    private readonly int[] _features;
    private readonly int[] _keys;
    private readonly bool[] _times;

    /// <exception cref="InvalidDefinitionException">A property names no feature.</exception>
    public BoundReader(IFeatureVectorSource source, FeatureRowBinding<T> binding)
    {
        Source = source;
        Typed = source as ITypedVectorSource;
        _binding = binding;
        var columns = binding.Columns;
        var names = new FeatureNameTable(source.FeatureNames);
        var keys = new FeatureNameTable(source.KeyNames);
        _features = new int[columns.Count];
        _keys = new int[columns.Count];
        _times = new bool[columns.Count];
        var mistakes = new List<string>();
        for (var i = 0; i < columns.Count; i++)
        {
            _features[i] = -1;
            _keys[i] = -1;
            string? mistake = null;
            if (columns[i].Role == FeatureRowRole.Key)
                _keys[i] = source.KeyNames.Count == 1 ? 0 : keys.Find(columns[i].Name, out mistake);
            else if (columns[i].Role == FeatureRowRole.Feature)
            {
                _features[i] = names.Find(columns[i].Name, out mistake);
                // A key may have been chosen where the view was defined.
                if (_features[i] < 0 && (_keys[i] = source.KeyNames.ToList().IndexOf(columns[i].Name)) >= 0)
                    mistake = null;
            }
            else
                _times[i] = true;
            if (mistake is not null)
                mistakes.Add($"there is {mistake} for property '{columns[i].Property}'");
        }

        if (mistakes.Count > 0)
            throw new InvalidDefinitionException($"Feature service '{source.Id}' cannot be read as {typeof(T).Name}: {string.Join("; ", mistakes.Take(4))}{(mistakes.Count > 4 ? $" and {mistakes.Count - 4} more" : "")}.");
    }

    public IFeatureVectorSource Source { get; }

    /// <summary>Where the source gives types and answers at once; else it is read as floats.</summary>
    public ITypedVectorSource? Typed { get; }

    public T Read(ReadOnlySpan<string> keys, ReadOnlySpan<FeatureValue> request, Timestamp asOf)
    {
        var stack = new ValueRow();
        using var buffer = new ValueBuffer(stack, Source.FeatureNames.Count);
        Typed!.Read(keys, request, asOf, buffer.Values);
        return ToRow(keys, asOf, buffer.Values);
    }

    public T ToRow(ReadOnlySpan<string> keys, Timestamp asOf, ReadOnlySpan<FeatureValue> features)
    {
        var stack = new ValueRow();
        using var buffer = new ValueBuffer(stack, _features.Length);
        var values = buffer.Values;
        for (var i = 0; i < values.Length; i++)
        {
            if (_features[i] >= 0)
                values[i] = features[_features[i]];
            else
                values[i] = _times[i] ? asOf : Key(keys[_keys[i]], _binding.Columns[i]);
        }

        try
        {
            return _binding.ToRow(values);
        }
        catch (InvalidInputException error)
        {
            throw new InvalidInputException($"Feature service '{Source.Id}', entity '{string.Join("', '", keys.ToArray())}': {error.Message}", error);
        }
    }

    private static FeatureValue Key(string key, FeatureRowColumn column) =>
        column.Type == DataType.String
            ? key
            : long.TryParse(key, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var number)
                ? number
                : throw new InvalidInputException($"Key '{key}' is not a whole number, as property '{column.Property}' needs.");
}
