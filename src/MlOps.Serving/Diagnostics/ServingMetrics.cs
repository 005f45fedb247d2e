using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace MlOps.Serving;

/// <summary>The instruments of serving in one environment. Nothing is measured while nobody listens.</summary>
internal sealed class ServingMetrics : IDisposable
{
    public const string Name = "MlOps.Serving";

    public static readonly ActivitySource Activities = new(Name);

    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly Histogram<int> _batchSize;
    private readonly Histogram<double> _queueDuration;
    private readonly Histogram<double> _computeDuration;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _shadowDropped;
    private readonly string _environment;

    public ServingMetrics(string environment, IMeterFactory? factory)
    {
        _environment = environment;
        _meter = factory?.Create(Name) ?? new Meter(Name);
        _duration = _meter.CreateHistogram(
            "mlops.serving.prediction.duration", "s", "Time of a prediction from call to answer.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.000005, 0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5] });
        _batchSize = _meter.CreateHistogram<int>(
            "mlops.serving.batch.size", "{row}", "Rows of a batch.",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] });
        var fine = new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.000005, 0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1] };
        _queueDuration = _meter.CreateHistogram("mlops.serving.queue.duration", "s", "Time from a batch's first row to its run.", advice: fine);
        _computeDuration = _meter.CreateHistogram("mlops.serving.compute.duration", "s", "Time of a batch's run.", advice: fine);
        _refused = _meter.CreateCounter<long>("mlops.serving.prediction.refused", "{request}", "Requests that were not answered, by reason.");
        _shadowDropped = _meter.CreateCounter<long>("mlops.serving.shadow.dropped", "{request}", "Mirrored requests dropped because the shadow lags.");
    }

    public bool Timed => _duration.Enabled;

    /// <summary>Whether somebody wants to know how long batches waited.</summary>
    public bool QueueTimed => _queueDuration.Enabled;

    public void Batch(int rows, BatchLabels? labels, TimeSpan queued = default, TimeSpan computed = default)
    {
        if (!_batchSize.Enabled && !_queueDuration.Enabled && !_computeDuration.Enabled)
            return;
        var tags = new TagList { { "mlops.environment", _environment } };
        if (labels is not null)
        {
            tags.Add("mlops.endpoint", labels.Endpoint);
            tags.Add("mlops.model.version", labels.Version);
        }

        _batchSize.Record(rows, tags);
        if (queued > TimeSpan.Zero)
            _queueDuration.Record(queued.TotalSeconds, tags);
        if (computed > TimeSpan.Zero)
            _computeDuration.Record(computed.TotalSeconds, tags);
    }

    public void Answered(string endpoint, string version, string variant, TimeSpan duration)
    {
        _duration.Record(
            duration.TotalSeconds,
            new TagList
            {
                { "mlops.environment", _environment }, { "mlops.endpoint", endpoint }, { "mlops.model.version", version }, { "mlops.variant", variant },
            });
    }

    public void Refused(string endpoint, PredictionStatus status)
    {
        if (_refused.Enabled)
            _refused.Add(1, new TagList { { "mlops.environment", _environment }, { "mlops.endpoint", endpoint }, { "reason", Reason(status) } });
    }

    public void ShadowDropped(string endpoint)
    {
        if (_shadowDropped.Enabled)
            _shadowDropped.Add(1, new TagList { { "mlops.environment", _environment }, { "mlops.endpoint", endpoint } });
    }

    public void Dispose() => _meter.Dispose();

    private static string Reason(PredictionStatus status) => status switch
    {
        PredictionStatus.Overloaded => "overloaded",
        PredictionStatus.DeadlineExceeded => "deadline",
        PredictionStatus.InvalidInput => "invalid",
        _ => "failed",
    };
}
