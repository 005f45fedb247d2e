using System.Diagnostics;
using System.Threading.Channels;

namespace MlOps.Serving;

/// <summary>Gives copies of requests to a shadow version on a task of its own. What does not fit its queue is dropped.</summary>
internal sealed class ShadowMirror
{
    private readonly string _endpoint;
    private readonly EnvironmentContext _context;
    private readonly IPredictionSink[] _sinks;
    private readonly ServingMetrics _metrics;
    private readonly Channel<Copy> _queue;
    private readonly Func<Task> _release;
    private readonly ShadowComparison _comparison;

    public ShadowMirror(
        string endpoint, ServedVersion version, EnvironmentContext context, IPredictionSink[] sinks, ServingMetrics metrics, int limit, double tolerance, Func<Task> release)
    {
        _endpoint = endpoint;
        Version = version;
        _context = context;
        _sinks = sinks;
        _metrics = metrics;
        _comparison = new ShadowComparison(tolerance);
        _release = release;
        _queue = Channel.CreateBounded<Copy>(new BoundedChannelOptions(limit) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
        Tensors = new TensorMirror(endpoint, version, context, sinks, metrics, limit);
        Completion = Task.Run(RunAsync);
    }

    public ServedVersion Version { get; }

    /// <summary>Mirrors requests in tensors.</summary>
    public TensorMirror Tensors { get; }

    public Task Completion { get; }

    public void Mirror(ReadOnlySpan<float> features, ReadOnlySpan<float> given, PredictionId id, string? key, long begin)
    {
        var ticks = begin == 0 ? 0 : Stopwatch.GetElapsedTime(begin).Ticks;
        if (_queue.Writer.TryWrite(new Copy(features.ToArray(), given.ToArray(), id, key, ticks)))
            return;
        _metrics.ShadowDropped(_endpoint);
        _comparison.Dropped();
    }

    public ShadowReport Report() => _comparison.Report(Version.Version);

    /// <summary>Answers what waits, then lets the version go.</summary>
    public async Task CloseAsync()
    {
        _queue.Writer.TryComplete();
        await Completion.ConfigureAwait(false);
        await Tensors.CloseAsync().ConfigureAwait(false);
        await _release().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        var scores = new float[Version.Engine.OutputWidth];
        await foreach (var copy in _queue.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            var begin = Stopwatch.GetTimestamp();
            var answer = await Version.Engine.PredictAsync(copy.Features, scores).ConfigureAwait(false);
            if (answer.Status != PredictionStatus.Ok)
            {
                _comparison.Failed();
                continue;
            }

            var (difference, agrees) = _comparison.Compare(copy.Given, scores, copy.Ticks, Stopwatch.GetElapsedTime(begin).Ticks);
            _metrics.Traffic.ShadowCompared(_endpoint, difference, agrees);
            var record = new PredictionRecord
            {
                Endpoint = _endpoint, Version = Version.Version, Variant = "shadow", Id = copy.Id, Key = copy.Key, IsShadow = true,
                Time = Timestamp.From(_context.Clock.GetUtcNow()), FeatureNames = Version.Features, Features = copy.Features, Scores = scores,
            };
            foreach (var sink in _sinks)
                sink.Record(record);
        }
    }

    private sealed record Copy(float[] Features, float[] Given, PredictionId Id, string? Key, long Ticks);
}
