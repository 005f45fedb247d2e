using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace MlOps.Serving;

/// <summary>A call that is logged, mirrored, timed or named by its caller: finished in the moment of its answer. Pooled.</summary>
internal sealed class ObservedCall(Endpoint endpoint) : AnswerFinisher
{
    private EndpointState? _state;
    private int _share;
    private ReadOnlyMemory<float> _features;
    private Memory<float> _scores;
    private PredictionContext _request;
    private long _begin;
    private PredictionResult _result;
    private ExceptionDispatchInfo? _error;

    private ActivityContext _origin;
    private ActivityContext _batch;

    public override bool Observes => true;

    public override ActivityContext Origin => _origin;

    public override void NoteBatch(ActivityContext batch) => _batch = batch;

    public void Begin(EndpointState state, int share, ReadOnlyMemory<float> features, Memory<float> scores, in PredictionContext request, long begin)
    {
        _state = state;
        _share = share;
        _features = features;
        _scores = scores;
        _request = request;
        _begin = begin;
        _origin = begin != 0 && Activity.Current is { } current ? current.Context : default;
    }

    public override void Answered(in BatchAnswer answer, bool inline)
    {
        try
        {
            _result = endpoint.Finish(answer, _state!, _share, _features, _scores, _request, _begin, _origin, _batch);
        }
        catch (Exception e)
        {
            // A sink that throws fails its own request, not the thread that answers the batch.
            _error = ExceptionDispatchInfo.Capture(e);
        }
    }

    public override PredictionResult Finish(in BatchAnswer answer)
    {
        var error = _error;
        var result = _result;
        Clear();
        endpoint.Return(this);
        error?.Throw();
        return result;
    }

    public void Clear()
    {
        _state = null;
        _features = default;
        _scores = default;
        _request = default;
        _result = default;
        _origin = _batch = default;
        _error = null;
    }
}
