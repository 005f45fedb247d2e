namespace MlOps.Serving;

/// <summary>Sums over the rows that a shadow and the serving version both answered. One writer; readers get a consistent copy.</summary>
internal sealed class ShadowComparison(double tolerance)
{
    private readonly Lock _gate = new();
    private long _compared;
    private long _agreed;
    private long _failures;
    private long _dropped;
    private double _sum;
    private double _maximum;
    private long _ticks;
    private long _shadowTicks;

    /// <summary>Compares two answers; answers of different lengths, or NaN on one side only, differ without limit.</summary>
    public (double Difference, bool Agrees) Compare(ReadOnlySpan<float> given, ReadOnlySpan<float> shadow, long ticks, long shadowTicks)
    {
        var difference = given.Length == shadow.Length ? 0 : double.PositiveInfinity;
        var agrees = given.Length == shadow.Length;
        for (var i = 0; i < Math.Min(given.Length, shadow.Length); i++)
        {
            var apart = given[i].Equals(shadow[i]) ? 0 : Math.Abs((double)given[i] - shadow[i]);
            if (double.IsNaN(apart))
                apart = double.PositiveInfinity;
            difference = Math.Max(difference, apart);
            agrees &= apart <= tolerance * Math.Max(1, Math.Abs((double)given[i]));
        }

        lock (_gate)
        {
            _compared++;
            _agreed += agrees ? 1 : 0;
            _sum += difference;
            _maximum = Math.Max(_maximum, difference);
            _ticks += ticks;
            _shadowTicks += shadowTicks;
        }

        return (difference, agrees);
    }

    public void Failed()
    {
        lock (_gate)
            _failures++;
    }

    public void Dropped() => Interlocked.Increment(ref _dropped);

    public ShadowReport Report(ModelVersionRef version)
    {
        lock (_gate)
        {
            return new ShadowReport(
                version, _compared, _failures, Interlocked.Read(ref _dropped), _compared == 0 ? double.NaN : _agreed / (double)_compared,
                _compared == 0 ? double.NaN : _sum / _compared, _maximum,
                TimeSpan.FromTicks(_compared == 0 ? 0 : _ticks / _compared), TimeSpan.FromTicks(_compared == 0 ? 0 : _shadowTicks / _compared));
        }
    }
}
