namespace MlOps.Serving;

internal sealed partial class BatchEngine
{
    private const double FlatGain = 1.1;
    private const double StillGood = 1.1;

    private readonly BatchCurve? _curve;
    private double _ratio = 1;

    /// <summary>What batches cost, as measured at warm-up; null when it was not measured.</summary>
    public BatchCurve? Curve => _curve;

    /// <summary>How many times longer batches take now than the curve says, a moving average.</summary>
    public double CostRatio => Volatile.Read(ref _ratio);

    // Rows run alone where batches gain nothing, and no batch grows to where a row costs more than in a smaller one.
    internal static int UsefulRows(BatchCurve? curve, int rows, bool fixedSize)
    {
        if (curve is null || fixedSize)
            return rows;
        if (curve.Gain < FlatGain)
            return 1;
        var best = curve.TimePerRow(curve.BestRows) * StillGood;
        var useful = curve.Points.Where(point => point.Time / point.Rows <= best).Max(point => point.Rows);
        return useful >= curve.MaximumRows ? rows : Math.Min(rows, useful);
    }

    private long CostTicks(int rows) =>
        (long)(_curve!.Time(Math.Max(1, rows)).TotalSeconds * _clock.TimestampFrequency * Volatile.Read(ref _ratio));

    // How long a row that joins now will take: what is running, the full batches before its own, and its own.
    private long PredictTicks()
    {
        var waiting = Volatile.Read(ref _queuedRows);
        var seats = Math.Max(1, _parallelism);
        var running = _seats >= seats ? CostTicks(Math.Max(1, Volatile.Read(ref _lastRows))) : 0;
        var full = waiting / _maximumRows;
        return running + ((full + seats - 1) / seats * CostTicks(_maximumRows)) + CostTicks((waiting % _maximumRows) + 1);
    }

    private bool WouldMiss(long deadline, out BatchAnswer answer)
    {
        answer = default;
        if (_curve is null)
            return false;
        var needed = PredictTicks();
        if (_clock.GetTimestamp() + needed <= deadline)
            return false;
        answer = new BatchAnswer(PredictionStatus.Overloaded, null, Math.Max(TimeSpan.TicksPerMillisecond, ToTicks(needed)));
        return true;
    }

    private void Learn(int rows, double seconds)
    {
        Volatile.Write(ref _lastRows, rows);
        if (_curve is null)
        {
            Volatile.Write(ref _secondsPerRow, (Volatile.Read(ref _secondsPerRow) * 0.9) + (seconds / rows * 0.1));
            return;
        }

        // One batch that lost its processor says little about the next: no sample counts as more than three times the average.
        var ratio = Volatile.Read(ref _ratio);
        var sample = Math.Clamp(seconds / _curve.Time(rows).TotalSeconds, ratio / 3, ratio * 3);
        Volatile.Write(ref _ratio, Math.Clamp((ratio * 0.9) + (sample * 0.1), 0.05, 50));
    }

    // Nothing ran because of what was predicted: the prediction moves back to the measured curve, so that it is put to the test again.
    private void Doubt()
    {
        var ratio = Volatile.Read(ref _ratio);
        if (ratio > 1)
            Volatile.Write(ref _ratio, Math.Max(1, ratio * 0.9));
    }

    private long EstimateWait()
    {
        if (_curve is not null)
            return Math.Clamp(ToTicks(PredictTicks()), TimeSpan.TicksPerMillisecond, TimeSpan.TicksPerMinute);
        return TimeSpan.FromSeconds(Math.Clamp(_queuedRows * _secondsPerRow / _parallelism, 0.001, 60)).Ticks;
    }

    private long ToTicks(long timestamps) => (long)(timestamps / (double)_clock.TimestampFrequency * TimeSpan.TicksPerSecond);
}
