namespace MlOps.Features;

/// <summary>
/// Merges the segments of a snapshot into one, front to back, a row group at a time. Rows that nobody can ask for any more are left out: erased ones,
/// those before the snapshot's first event time, and in a view whose rows replace each other those replaced by a commit that every moment sees.
/// </summary>
internal sealed class SegmentMerger
{
    private readonly OfflineSnapshot _snapshot;
    private readonly SegmentWriter _writer;
    private readonly long _floorCommit;
    private readonly bool _isUpsert;
    private readonly Source[] _sources;
    private int _count;
    private Source? _run;
    private int _runStart;
    private int _runCount;
    private (Source? Source, int Row, long Event, long Available) _pending;

    /// <param name="snapshot">The segments, in commit order; its first event time and its erasures hold.</param>
    /// <param name="writer">Where the rows go; carries commits.</param>
    /// <param name="floorCommit">The commit that every moment which may still be asked for has seen.</param>
    public SegmentMerger(OfflineSnapshot snapshot, SegmentWriter writer, long floorCommit)
    {
        _snapshot = snapshot;
        _writer = writer;
        _floorCommit = floorCommit;
        _isUpsert = snapshot.Plan.View.IsUpsert;
        _sources = [.. snapshot.Segments.Select((segment, place) => new Source(segment, place))];
    }

    public void Run(CancellationToken cancellationToken)
    {
        var active = new Source[_sources.Length];
        var entities = _snapshot.Entities();
        for (var entity = 0; entities.MoveNext(); entity++)
        {
            if ((entity & 1023) == 0)
                cancellationToken.ThrowIfCancellationRequested();
            _count = 0;
            for (var s = 0; s < _sources.Length; s++)
            {
                if (entities.Locals[s] < 0)
                    continue;
                var source = _sources[s];
                source.Segment.Reader.RowsOf(entities.Locals[s], out var start, out var end);
                if (_snapshot.MinEvent != long.MinValue)
                    start = source.Segment.Reader.LowerBound(start, end, _snapshot.MinEvent);
                if (start == end)
                    continue;
                source.Begin(start, end);
                active[_count++] = source;
            }

            if (_count == 0)
                continue;
            _writer.BeginEntity(entities.Key);
            if (_count == 1 && !_isUpsert)
                _writer.Append(active[0].Segment.Reader, active[0].Segment.Commit, active[0].Row, active[0].End - active[0].Row);
            else
                Merge(active);
        }
    }

    private void Merge(Source[] active)
    {
        while (_count > 0)
        {
            int first = 0, second = -1;
            for (var s = 1; s < _count; s++)
            {
                if (active[s].IsBefore(active[first]))
                    (first, second) = (s, first);
                else if (second < 0 || active[s].IsBefore(active[second]))
                    second = s;
            }

            var source = active[first];
            do
                Emit(source);
            while (source.MoveNext() && (second < 0 || source.IsBefore(active[second])));
            if (!source.IsAtEnd)
                continue;
            // The order of the rest does not matter: places break ties.
            active[first] = active[--_count];
        }

        if (_pending.Source is { } last)
            Write(last, _pending.Row);
        _pending = default;
        WriteRun();
    }

    private void Emit(Source source)
    {
        if (!_isUpsert)
        {
            Write(source, source.Row);
            return;
        }

        if (_pending.Source is { } before && !(_pending.Event == source.Event && _pending.Available == source.Available && source.Segment.CommitOf(source.Row) <= _floorCommit))
            Write(before, _pending.Row);
        _pending = (source, source.Row, source.Event, source.Available);
    }

    private void Write(Source source, int row)
    {
        if (source == _run && row == _runStart + _runCount)
        {
            _runCount++;
            return;
        }

        WriteRun();
        (_run, _runStart, _runCount) = (source, row, 1);
    }

    private void WriteRun()
    {
        if (_run is { } source)
            _writer.Append(source.Segment.Reader, source.Segment.Commit, _runStart, _runCount);
        (_run, _runCount) = (null, 0);
    }

    /// <summary>The rows of one entity in one segment, with a window of their times decoded.</summary>
    private sealed class Source(LoadedSegment segment, int place)
    {
        private readonly long[] _events = new long[512];
        private readonly long[] _available = new long[512];
        private int _windowStart;
        private int _windowEnd;

        public LoadedSegment Segment => segment;

        public int Row { get; private set; }

        public int End { get; private set; }

        public long Event { get; private set; }

        public long Available { get; private set; }

        public bool IsAtEnd => Row == End;

        public void Begin(int start, int end)
        {
            Row = _windowStart = _windowEnd = start;
            End = end;
            Read();
        }

        public bool MoveNext()
        {
            if (++Row == End)
                return false;
            Read();
            return true;
        }

        // Earlier segments hold earlier arrivals.
        public bool IsBefore(Source other) =>
            Event != other.Event ? Event < other.Event : Available != other.Available ? Available < other.Available : place < other.Place;

        private int Place => place;

        private void Read()
        {
            if (Row == _windowEnd)
            {
                _windowStart = Row;
                _windowEnd = Math.Min(End, Row + _events.Length);
                segment.Reader.CopyWords(SegmentLayout.Event, Row, _events.AsSpan(0, _windowEnd - Row));
                segment.Reader.CopyAvailable(Row, _available.AsSpan(0, _windowEnd - Row));
            }

            Event = _events[Row - _windowStart];
            Available = _available[Row - _windowStart];
        }
    }
}
