using System.Globalization;

namespace MlOps.Features;

/// <summary>What encoders learn of one column of training data.</summary>
internal sealed class FittedColumn
{
    private readonly DataColumn _column;
    private readonly Lazy<double[]> _sorted;

    public FittedColumn(DataColumn column, bool isCategory, (Imputation? Kind, double Constant)? fill)
    {
        _column = column;
        Name = column.Name;
        Kind = (isCategory, column.Type) switch
        {
            (true, DataType.String) => EncodedKind.Text,
            (true, DataType.Int32 or DataType.Int64 or DataType.Boolean) => EncodedKind.Code,
            (false, not (DataType.String or DataType.Timestamp)) => EncodedKind.Number,
            (true, _) => throw new InvalidInputException($"Column '{Name}' is {column.Type}: categories are texts, integers or flags. Bin numbers with BinByWidth or BinByQuantile."),
            _ => throw new InvalidInputException($"Column '{Name}' is {column.Type}, not a number: encode texts with OneHot or Hash, and compute a number (an hour, an age) from a moment."),
        };
        if (fill is not null && Kind != EncodedKind.Number)
            throw new InvalidDefinitionException($"Column '{Name}' holds categories, which are not imputed: a missing one counts as unknown.");
        Numbers = Kind == EncodedKind.Number ? column.AsDoubles() : [];
        if (Array.FindIndex(Numbers, double.IsInfinity) is var row and >= 0)
            throw new InvalidInputException($"Column '{Name}' holds {Numbers[row].ToString(CultureInfo.InvariantCulture)} in row {row}: nothing can be learnt from infinite numbers; drop or clip them.");
        Fill = fill?.Kind switch
        {
            null => fill?.Constant,
            Imputation.Mean => Mean(Present(Numbers)),
            Imputation.Median => Quantile(Order(Present(Numbers)), 0.5),
            var other => throw new InvalidDefinitionException($"Imputation {(int)other} is none of {string.Join(", ", Enum.GetNames<Imputation>())}."),
        };
        if (Fill is { } value)
            Numbers = [.. Numbers.Select(number => double.IsNaN(number) ? value : number)];
        _sorted = new Lazy<double[]>(() => Order(Present(Numbers)));
    }

    public string Name { get; }

    public EncodedKind Kind { get; }

    public double? Fill { get; }

    /// <summary>The numbers, filled; NaN where missing and not filled.</summary>
    public double[] Numbers { get; }

    /// <summary>The numbers that are there, in order; at least one.</summary>
    public double[] Sorted => _sorted.Value;

    /// <summary>Two passes with a correction for what the mean lost, so that large offsets do not cancel (Chan, Golub and LeVeque, 1983).</summary>
    public (double Mean, double Deviation) MeanAndDeviation(Deviation kind)
    {
        var numbers = Sorted;
        var mean = Mean(numbers);
        double squares = 0, rest = 0;
        foreach (var number in numbers)
        {
            var distance = number - mean;
            squares += distance * distance;
            rest += distance;
        }

        var divisor = kind == Deviation.Sample ? numbers.Length - 1 : numbers.Length;
        return (mean, divisor == 0 ? 0 : Math.Sqrt(Math.Max(0, squares - (rest * rest / numbers.Length)) / divisor));
    }

    /// <summary>The most frequent categories, in order of the text or the number.</summary>
    public string[] Categories(int most)
    {
        IEnumerable<string> values = _column switch
        {
            DataColumn<string> texts => Rows().Select(row => texts[row]),
            DataColumn<int> numbers => Rows().Select(row => numbers[row].ToString(CultureInfo.InvariantCulture)),
            DataColumn<long> numbers => Rows().Select(row => numbers[row].ToString(CultureInfo.InvariantCulture)),
            DataColumn<bool> flags => Rows().Select(row => flags[row] ? "1" : "0"),
            _ => [],
        };
        Comparison<string> order = Kind == EncodedKind.Code
            ? (a, b) => long.Parse(a, CultureInfo.InvariantCulture).CompareTo(long.Parse(b, CultureInfo.InvariantCulture))
            : string.CompareOrdinal;
        var counts = values.CountBy(value => value, StringComparer.Ordinal).ToArray();
        if (counts.FirstOrDefault(pair => pair.Key.Length > 4096).Key is { } tooLong)
            throw new InvalidInputException($"Column '{Name}' holds a text of {tooLong.Length} characters, which is no category: use Hash.");
        var comparer = Comparer<string>.Create(order);
        return [.. counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, comparer).Take(most).Select(pair => pair.Key).Order(comparer)];
    }

    /// <summary>The value below which a share of sorted numbers lies, interpolated linearly between two (Hyndman and Fan's type 7).</summary>
    public static double Quantile(double[] sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var low = (int)Math.Floor(place);
        return low + 1 >= sorted.Length ? sorted[^1] : sorted[low] + ((place - low) * (sorted[low + 1] - sorted[low]));
    }

    private static double Mean(double[] numbers)
    {
        double sum = 0, lost = 0;
        foreach (var number in numbers)
        {
            var next = sum + number;
            lost += Math.Abs(sum) >= Math.Abs(number) ? sum - next + number : number - next + sum;
            sum = next;
        }

        return (sum + lost) / numbers.Length;
    }

    private static double[] Order(double[] numbers)
    {
        var sorted = (double[])numbers.Clone();
        Array.Sort(sorted);
        return sorted;
    }

    private double[] Present(double[] numbers) =>
        Array.FindAll(numbers, number => !double.IsNaN(number)) is { Length: > 0 } present
            ? present
            : throw new InvalidInputException($"Column '{Name}' has no number in {numbers.Length} rows: nothing can be learnt from it. Leave it out, or fill it with a constant.");

    private IEnumerable<int> Rows() => Enumerable.Range(0, _column.Length).Where(row => !_column.IsNull(row));
}
