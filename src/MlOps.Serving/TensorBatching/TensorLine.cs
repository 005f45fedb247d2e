namespace MlOps.Serving;

/// <summary>
/// The waiting requests of one bucket: classes of priority, in each the callers take turns, each caller's oldest first. Every eighth
/// request comes from the lowest class, so that none waits for ever. Guarded by the engine's lock.
/// </summary>
internal sealed class TensorLine
{
    private const int TurnOfTheLowest = 8;

    private readonly Rank[] _ranks = [new(), new(), new()];
    private int _turn;
    private Rank? _chosen;

    public int Count => _ranks[0].Count + _ranks[1].Count + _ranks[2].Count;

    /// <summary>The highest class that has a request waiting, 0 to 2.</summary>
    public int Highest => _ranks[0].Count > 0 ? 0 : _ranks[1].Count > 0 ? 1 : 2;

    public void Add(TensorRequest request) => _ranks[1 - (int)request.Terms.Priority].Add(request);

    /// <summary>The request whose turn it is.</summary>
    public bool TryPeek(out TensorRequest request)
    {
        request = null!;
        if (Count == 0)
            return false;
        _chosen ??= Choose();
        request = _chosen.Peek();
        return true;
    }

    /// <summary>Takes out the request that was looked at.</summary>
    public TensorRequest Take()
    {
        var request = (_chosen ?? Choose()).Take();
        _chosen = null;
        _turn++;
        return request;
    }

    /// <summary>Takes out the newest request of a lower class than that of a new one, or of the caller of its class that has the most, if that is fairer.</summary>
    public TensorRequest? Displace(TensorRequest request, bool sameClass)
    {
        _chosen = null;
        var mine = 1 - (int)request.Terms.Priority;
        for (var lower = 2; lower > mine; lower--)
        {
            if (_ranks[lower].TakeNewest(0) is { } displaced)
                return displaced;
        }

        return sameClass ? _ranks[mine].TakeNewest(_ranks[mine].CountOf(request.Terms.Caller) + 1) : null;
    }

    private Rank Choose()
    {
        if (_turn % TurnOfTheLowest == TurnOfTheLowest - 1)
            return _ranks[2].Count > 0 ? _ranks[2] : _ranks[1].Count > 0 ? _ranks[1] : _ranks[0];
        return _ranks[Highest];
    }

    private sealed class Rank
    {
        private readonly LinkedList<(string Caller, LinkedList<TensorRequest> Requests)> _lanes = [];

        public int Count { get; private set; }

        public void Add(TensorRequest request)
        {
            Count++;
            var caller = request.Terms.Caller ?? "";
            for (var lane = _lanes.First; lane is not null; lane = lane.Next)
            {
                if (lane.Value.Caller == caller)
                {
                    lane.Value.Requests.AddLast(request);
                    return;
                }
            }

            _lanes.AddLast((caller, new LinkedList<TensorRequest>([request])));
        }

        public int CountOf(string? caller) => _lanes.FirstOrDefault(lane => lane.Caller == (caller ?? "")).Requests?.Count ?? 0;

        public TensorRequest Peek() => _lanes.First!.Value.Requests.First!.Value;

        public TensorRequest Take()
        {
            var lane = _lanes.First!;
            var request = lane.Value.Requests.First!.Value;
            lane.Value.Requests.RemoveFirst();
            _lanes.RemoveFirst();
            if (lane.Value.Requests.Count > 0)
                _lanes.AddLast(lane);
            Count--;
            return request;
        }

        public TensorRequest? TakeNewest(int moreThan)
        {
            if (Count == 0)
                return null;
            var largest = _lanes.MaxBy(lane => lane.Requests.Count);
            if (largest.Requests.Count <= moreThan)
                return null;
            var newest = largest.Requests.Last!.Value;
            largest.Requests.RemoveLast();
            if (largest.Requests.Count == 0)
                _lanes.Remove(largest);
            Count--;
            return newest;
        }
    }
}
