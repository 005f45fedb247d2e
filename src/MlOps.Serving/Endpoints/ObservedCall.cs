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

    public override bool Observes => true;

    public void Begin(EndpointState state, int share, ReadOnlyMemory<float> features, Memory<float> scores, in PredictionContext request, long begin)
    {
        _state = state;
        _share = share;
        _features = features;
        _scores = scores;
        _request = request;
        _begin = begin;
    }

    public override void Answered(in BatchAnswer answer)
    {
        try
        {
            _result = endpoint.Finish(answer, _state!, _share, _features, _scores, _request, _begin);
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
        _error = null;
    }
}
