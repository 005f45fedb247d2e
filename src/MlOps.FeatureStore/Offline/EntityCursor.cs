namespace MlOps.Features;

/// <summary>Goes over all entities of a snapshot in the order of their keys: a merge of the segments' orders that holds one key of each. Not thread-safe.</summary>
internal sealed class EntityCursor
{
    private readonly OfflineSnapshot _snapshot;
    private readonly LoadedSegment[] _segments;
    private readonly int[] _next;
    private readonly int[] _locals;
    private readonly int[] _heap;
    private int _size;
    private int _first;

    public EntityCursor(OfflineSnapshot snapshot)
    {
        _snapshot = snapshot;
        _segments = snapshot.Segments;
        _next = new int[_segments.Length];
        _locals = new int[_segments.Length];
        _heap = new int[_segments.Length];
        for (var s = 0; s < _segments.Length; s++)
        {
            if (_segments[s].Reader.Entities > 0)
                Push(s);
        }
    }

    /// <summary>By segment, the entity's number there; -1 where it has none.</summary>
    public ReadOnlySpan<int> Locals => _locals;

    public ReadOnlySpan<byte> Key => _segments[_first].Reader.Key(_next[_first] - 1);

    public string[] KeyParts() => KeyBytes.Decode(Key, _snapshot.Plan.View.Keys.Count);

    /// <summary>Goes on to the next entity.</summary>
    /// <returns>False at the end.</returns>
    public bool MoveNext()
    {
        while (_size > 0)
        {
            _locals.AsSpan().Fill(-1);
            _first = _heap[0];
            var key = _segments[_first].Reader.Key(_next[_first]);
            do
            {
                var s = _heap[0];
                _locals[s] = _next[s]++;
                if (_next[s] == _segments[s].Reader.Entities)
                    _heap[0] = _heap[--_size];
                Sink();
            }
            while (_size > 0 && KeyOf(_heap[0]).SequenceEqual(key));

            if (_snapshot.Erasures.IsEmpty)
                return true;
            _snapshot.Erasures.Hide(key, _segments, _locals);
            if (_locals.AsSpan().ContainsAnyExcept(-1))
                return true;
        }

        return false;
    }

    private ReadOnlySpan<byte> KeyOf(int segment) => _segments[segment].Reader.Key(_next[segment]);

    private bool IsBefore(int left, int right)
    {
        var order = KeyOf(left).SequenceCompareTo(KeyOf(right));
        return order < 0 || (order == 0 && left < right);
    }

    private void Push(int segment)
    {
        var at = _size++;
        for (; at > 0 && IsBefore(segment, _heap[(at - 1) / 2]); at = (at - 1) / 2)
            _heap[at] = _heap[(at - 1) / 2];
        _heap[at] = segment;
    }

    private void Sink()
    {
        if (_size == 0)
            return;
        var segment = _heap[0];
        var at = 0;
        for (var child = 1; child < _size; child = 2 * at + 1)
        {
            if (child + 1 < _size && IsBefore(_heap[child + 1], _heap[child]))
                child++;
            if (!IsBefore(_heap[child], segment))
                break;
            _heap[at] = _heap[child];
            at = child;
        }

        _heap[at] = segment;
    }
}
