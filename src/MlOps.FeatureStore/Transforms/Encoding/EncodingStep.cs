using System.Globalization;
using System.Text.Json;

namespace MlOps.Features;

/// <summary>One fitted encoder: a column into one or several floats. Immutable; encodes without allocation.</summary>
internal abstract record EncodingStep(int Column)
{
    /// <summary>The kind as it is stored.</summary>
    public abstract string Kind { get; }

    /// <summary>How many floats it writes.</summary>
    public abstract int Width { get; }

    public abstract IEnumerable<string> Names(string column);

    /// <param name="value">The value as it came.</param>
    /// <param name="number">The value as a number, filled where it was missing; NaN for texts.</param>
    /// <param name="destination">As long as the width.</param>
    public abstract void Encode(in FeatureValue value, double number, Span<float> destination);

    /// <summary>Writes what <see cref="EncodingReader"/> reads, besides kind and column.</summary>
    public virtual void Write(Utf8JsonWriter json)
    {
    }
}

/// <summary>The number as it is.</summary>
internal sealed record PassStep(int Column) : EncodingStep(Column)
{
    public override string Kind => "pass";

    public override int Width => 1;

    public override IEnumerable<string> Names(string column) => [column];

    public override void Encode(in FeatureValue value, double number, Span<float> destination) => destination[0] = (float)number;
}

/// <summary>1 where the value was missing, else 0.</summary>
internal sealed record MissingStep(int Column) : EncodingStep(Column)
{
    public override string Kind => "missing";

    public override int Width => 1;

    public override IEnumerable<string> Names(string column) => [column + "_missing"];

    public override void Encode(in FeatureValue value, double number, Span<float> destination) => destination[0] = value.HasValue ? 0 : 1;
}

/// <summary>(value - offset) / scale, for standardising and normalising.</summary>
internal sealed record ScaleStep(int Column, string Kind, double Offset, double Scale, bool Clamps) : EncodingStep(Column)
{
    public const string Standardise = "standardise";
    public const string Normalise = "normalise";

    public override string Kind { get; } = Kind;

    public override int Width => 1;

    public override IEnumerable<string> Names(string column) => [$"{column}_{Kind}d"];

    public override void Encode(in FeatureValue value, double number, Span<float> destination)
    {
        var scaled = (number - Offset) / Scale;
        destination[0] = (float)(Clamps ? Math.Clamp(scaled, 0, 1) : scaled);
    }

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("offset", Offset);
        json.WriteNumber("scale", Scale);
        json.WriteBoolean("clamps", Clamps);
    }
}

/// <summary>ln(1 + value).</summary>
internal sealed record LogStep(int Column) : EncodingStep(Column)
{
    public override string Kind => "log1p";

    public override int Width => 1;

    public override IEnumerable<string> Names(string column) => [column + "_log1p"];

    // Kahan's form: 1 + x loses the small end of x, the quotient puts it back.
    public override void Encode(in FeatureValue value, double number, Span<float> destination)
    {
        var sum = 1 + number;
        destination[0] = (float)(sum == 1 || double.IsPositiveInfinity(number) ? number : Math.Log(sum) * number / (sum - 1));
    }
}

/// <summary>The number of the bin, or one column per bin.</summary>
internal sealed record BinStep(int Column, double[] Edges, bool IsOneHot) : EncodingStep(Column)
{
    public override string Kind => "bin";

    public override int Width => IsOneHot ? Edges.Length - 1 : 1;

    public override IEnumerable<string> Names(string column) =>
        IsOneHot ? Enumerable.Range(0, Width).Select(bin => string.Create(CultureInfo.InvariantCulture, $"{column}_bin_{bin}")) : [column + "_bin"];

    public override void Encode(in FeatureValue value, double number, Span<float> destination)
    {
        var bin = double.IsNaN(number) ? -1 : Find(number);
        if (!IsOneHot)
        {
            destination[0] = bin < 0 ? float.NaN : bin;
            return;
        }

        destination.Clear();
        if (bin >= 0)
            destination[bin] = 1;
    }

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartArray("edges");
        foreach (var edge in Edges)
            json.WriteNumberValue(edge);
        json.WriteEndArray();
        json.WriteBoolean("one_hot", IsOneHot);
    }

    // A value on an inner edge belongs to the bin above it; the outermost bins take what lies beyond.
    private int Find(double number)
    {
        var (low, high) = (1, Edges.Length - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Edges[middle] <= number)
                low = middle + 1;
            else
                high = middle;
        }

        return low - 1;
    }
}

/// <summary>One column of several by the hash of a text or an integer's digits.</summary>
internal sealed record HashStep(int Column, int Buckets, ulong Seed) : EncodingStep(Column)
{
    public override string Kind => "hash";

    public override int Width => Buckets;

    public override IEnumerable<string> Names(string column) => Enumerable.Range(0, Buckets).Select(bucket => string.Create(CultureInfo.InvariantCulture, $"{column}_hash_{bucket}"));

    public override void Encode(in FeatureValue value, double number, Span<float> destination)
    {
        destination.Clear();
        if (!value.HasValue)
            return;
        if (value.Type == DataType.String)
        {
            destination[(int)(XxHash64.Of(value.ToText().AsSpan(), Seed) % (ulong)Buckets)] = 1;
            return;
        }

        Span<char> digits = stackalloc char[20];
        value.As(DataType.Int64).ToInt64().TryFormat(digits, out var count, provider: CultureInfo.InvariantCulture);
        destination[(int)(XxHash64.Of(digits[..count], Seed) % (ulong)Buckets)] = 1;
    }

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteString("hash", "xxh64");
        json.WriteNumber("buckets", Buckets);
        json.WriteNumber("seed", Seed);
    }
}
