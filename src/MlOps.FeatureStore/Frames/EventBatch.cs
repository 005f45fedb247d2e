using System.Runtime.InteropServices;

namespace MlOps.Features;

/// <summary>The moments of some entities, by entity and time, as they are gathered for a spine.</summary>
internal sealed class EventBatch(OfflineSnapshot history)
{
    private readonly List<int> _locals = [.. Enumerable.Repeat(-1, history.Segments.Length)];
    private readonly List<int> _starts = [0, 0];
    private readonly List<string[]> _keys = [];
    private readonly List<long> _times = [];

    public int Rows => _times.Count;

    public void Add(EntityCursor entity, ReadOnlySpan<long> times)
    {
        _locals.AddRange(entity.Locals);
        _keys.Add(entity.KeyParts());
        _times.AddRange(times);
        _starts.Add(_times.Count);
    }

    /// <summary>The keys and moments.</summary>
    public DataFrame ToSpine(long[] times)
    {
        var keys = history.Plan.View.Keys;
        var columns = new List<DataColumn>();
        for (var p = 0; p < keys.Count; p++)
        {
            var texts = new string[times.Length];
            for (var e = 0; e < _keys.Count; e++)
                Repeat(_keys[e][p], texts.AsSpan(_starts[e + 1], _starts[e + 2] - _starts[e + 1]));
            columns.Add(DataColumn.Create(keys[p].Name, texts));
        }

        columns.Add(DataColumn.Create(FeatureSpines.TimeColumn, MemoryMarshal.Cast<long, Timestamp>(times).ToArray()));
        return new DataFrame(columns);
    }

    // Copying references in bulk tells the garbage collector once, not once for each.
    private static void Repeat(string text, Span<string> target)
    {
        if (target.IsEmpty)
            return;
        target[0] = text;
        for (var done = 1; done < target.Length; done *= 2)
            target[..Math.Min(done, target.Length - done)].CopyTo(target[done..]);
    }

    /// <summary>Begins anew, with the room there is.</summary>
    public void Clear()
    {
        CollectionsMarshal.SetCount(_locals, history.Segments.Length);
        CollectionsMarshal.SetCount(_starts, 2);
        _keys.Clear();
        _times.Clear();
    }

    public DataFrame ToSpine() => ToSpine([.. _times]);

    /// <summary>The keys and moments with every feature of the view.</summary>
    public DataFrame Join(bool corrected, long delay, CancellationToken cancellationToken)
    {
        var plan = history.Plan;
        long[] times = [.. _times];
        var outputs = plan.Features.Select(feature => (FeatureOutput?)FeatureOutput.Create(feature.Type, times.Length)).ToArray();
        PointInTimeJoin.Run([new JoinPart(history, SpineGroups.InOrder([.. _starts], times), corrected, delay, outputs, [.. _locals])], cancellationToken);
        return ToSpine(times).With(outputs.Select((output, f) => output!.Build(plan.FeatureNames[f])));
    }
}
