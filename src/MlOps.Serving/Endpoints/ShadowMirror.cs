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

    public ShadowMirror(string endpoint, ServedVersion version, EnvironmentContext context, IPredictionSink[] sinks, ServingMetrics metrics, int limit, Func<Task> release)
    {
        _endpoint = endpoint;
        Version = version;
        _context = context;
        _sinks = sinks;
        _metrics = metrics;
        _release = release;
        _queue = Channel.CreateBounded<Copy>(new BoundedChannelOptions(limit) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
        Completion = Task.Run(RunAsync);
    }

    public ServedVersion Version { get; }

    public Task Completion { get; }

    public void Mirror(ReadOnlySpan<float> features, PredictionId id, string? key)
    {
        if (!_queue.Writer.TryWrite(new Copy(features.ToArray(), id, key)))
            _metrics.ShadowDropped(_endpoint);
    }

    /// <summary>Answers what waits, then lets the version go.</summary>
    public async Task CloseAsync()
    {
        _queue.Writer.TryComplete();
        await Completion.ConfigureAwait(false);
        await _release().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        var scores = new float[Version.Engine.OutputWidth];
        await foreach (var copy in _queue.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            var answer = await Version.Engine.PredictAsync(copy.Features, scores).ConfigureAwait(false);
            if (answer.Status != PredictionStatus.Ok)
                continue;
            var record = new PredictionRecord
            {
                Endpoint = _endpoint, Version = Version.Version, Variant = "shadow", Id = copy.Id, Key = copy.Key, IsShadow = true,
                Time = Timestamp.From(_context.Clock.GetUtcNow()), FeatureNames = Version.Features, Features = copy.Features, Scores = scores,
            };
            foreach (var sink in _sinks)
                sink.Record(record);
        }
    }

    private sealed record Copy(float[] Features, PredictionId Id, string? Key);
}
