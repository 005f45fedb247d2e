using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;

namespace MlOps.Features;

/// <summary>One column per category.</summary>
internal sealed record OneHotStep : EncodingStep
{
    private readonly FrozenDictionary<string, int>? _texts;
    private readonly FrozenDictionary<long, int>? _codes;
    private readonly string _name;

    public OneHotStep(int column, string name, string[] categories, bool areCodes, OutOfVocabulary outOfVocabulary)
        : base(column)
    {
        _name = name;
        Categories = categories;
        OutOfVocabulary = outOfVocabulary;
        if (areCodes)
            _codes = categories.Select((category, index) => KeyValuePair.Create(long.Parse(category, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), index)).ToFrozenDictionary();
        else
            _texts = categories.Select((category, index) => KeyValuePair.Create(category, index)).ToFrozenDictionary(StringComparer.Ordinal);
    }

    public string[] Categories { get; }

    public OutOfVocabulary OutOfVocabulary { get; }

    public override string Kind => "one-hot";

    public override int Width => Categories.Length + (OutOfVocabulary == OutOfVocabulary.Bucket ? 1 : 0);

    public override IEnumerable<string> Names(string column) =>
        Categories.Select(category => $"{column}={category}").Concat(OutOfVocabulary == OutOfVocabulary.Bucket ? [column + "_other"] : []);

    public override void Encode(in FeatureValue value, double number, Span<float> destination)
    {
        destination.Clear();
        var known = false;
        var index = 0;
        if (value.HasValue)
            known = _texts is not null ? _texts.TryGetValue(value.ToText()!, out index) : _codes!.TryGetValue(value.As(DataType.Int64).ToInt64(), out index);
        if (known)
            destination[index] = 1;
        else if (OutOfVocabulary == OutOfVocabulary.Bucket)
            destination[^1] = 1;
        else if (OutOfVocabulary == OutOfVocabulary.Refuse)
            throw new InvalidInputException(value.HasValue
                ? $"Column '{_name}' holds '{value}', which was not among the {Categories.Length} categories of the training data. Fit again, or let unknown categories have a bucket."
                : $"Column '{_name}' has no value, and unknown categories are refused.");
    }

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartArray("categories");
        foreach (var category in Categories)
            json.WriteStringValue(category);
        json.WriteEndArray();
        json.WriteString("out_of_vocabulary", OutOfVocabulary.ToString());
    }
}
