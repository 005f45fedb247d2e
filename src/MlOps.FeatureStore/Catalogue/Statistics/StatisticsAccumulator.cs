using System.Globalization;

namespace MlOps.Features;

/// <summary>Takes the values of one feature in pieces and yields their statistics, in bounded memory.</summary>
internal sealed class StatisticsAccumulator(bool keepsValues)
{
    private const int MostValues = 10;
    private static readonly double[] Shares = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
    private readonly QuantileSketch _quantiles = new();
    private readonly FrequentValues<double> _numbers = new();
    private readonly FrequentValues<string> _texts = new();
    private long _rows;
    private long _missing;
    private double _min = double.PositiveInfinity;
    private double _max = double.NegativeInfinity;
    private double _mean;
    private double _squares;

    public void Add(DataColumn column)
    {
        switch (column)
        {
            case DataColumn<float> values:
                Add(values, static value => value);
                break;
            case DataColumn<double> values:
                Add(values, static value => value);
                break;
            case DataColumn<int> values:
                Add(values, static value => value);
                break;
            case DataColumn<long> values:
                Add(values, static value => value);
                break;
            case DataColumn<bool> values:
                Add(values, static value => value ? 1 : 0);
                break;
            default:
                for (var row = 0; row < column.Length; row++)
                    AddText(column.IsNull(row) ? null : Convert.ToString(column.GetValue(row), CultureInfo.InvariantCulture));
                break;
        }
    }

    public StatisticsDocument ToDocument()
    {
        var hasNumbers = keepsValues && _quantiles.Count > 0;
        return new StatisticsDocument
        {
            Rows = _rows,
            Missing = _missing,
            Distribution = hasNumbers
                ? new FeatureDistribution(
                    _min, _max, _mean, _quantiles.Count > 1 ? Math.Sqrt(_squares / (_quantiles.Count - 1)) : 0,
                    [.. _quantiles.At(Shares).Select((value, i) => new FeatureQuantile(Shares[i], value))])
                : null,
            Top = !keepsValues ? [] : hasNumbers ? _numbers.Top(MostValues, static value => value.ToString("R", CultureInfo.InvariantCulture)) : _texts.Top(MostValues, static value => value),
        };
    }

    private void Add<T>(DataColumn<T> column, Func<T, double> widen)
    {
        var hasNulls = column.NullCount > 0;
        var values = column.Span;
        for (var row = 0; row < values.Length; row++)
        {
            _rows++;
            var value = widen(values[row]);
            if (double.IsNaN(value) || (hasNulls && column.IsNull(row)))
            {
                _missing++;
                continue;
            }

            if (!keepsValues)
                continue;
            _quantiles.Add(value);
            _numbers.Add(value);
            _min = Math.Min(_min, value);
            _max = Math.Max(_max, value);
            // Welford's recurrence.
            var delta = value - _mean;
            _mean += delta / _quantiles.Count;
            _squares += delta * (value - _mean);
        }
    }

    private void AddText(string? text)
    {
        _rows++;
        if (text is null)
            _missing++;
        else if (keepsValues)
            _texts.Add(text);
    }
}
