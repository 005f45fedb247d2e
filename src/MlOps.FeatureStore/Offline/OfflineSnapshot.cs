namespace MlOps.Features;

/// <summary>The segments of a view as the manifest named them at one moment, held open until disposed.</summary>
internal sealed class OfflineSnapshot(ViewPlan plan, LoadedSegment[] segments) : IDisposable
{
    public ViewPlan Plan => plan;

    /// <summary>In commit order.</summary>
    public LoadedSegment[] Segments => segments;

    /// <summary>Rows of later commits are not there.</summary>
    public long MaxCommit { get; init; } = long.MaxValue;

    /// <summary>Rows that happened before are not there: they are beyond the view's retention.</summary>
    public long MinEvent { get; init; } = long.MinValue;

    /// <summary>Entities whose rows up to a commit are to be forgotten.</summary>
    public Erasures Erasures { get; init; } = Erasures.None;

    /// <summary>Looks entities up; one per worker.</summary>
    public EntityFinder Finder() => new(this);

    /// <summary>All entities in the order of their keys.</summary>
    public EntityCursor Entities() => new(this);

    /// <summary>When rows became known, segment by segment, in pieces; rows that reads hide are among them.</summary>
    public void ForEachAvailable(Action<ReadOnlySpan<long>> use)
    {
        var piece = new long[8192];
        foreach (var segment in segments)
        {
            for (var row = 0; row < segment.Reader.Rows; row += piece.Length)
            {
                var part = piece.AsSpan(0, Math.Min(piece.Length, segment.Reader.Rows - row));
                segment.Reader.CopyAvailable(row, part);
                use(part);
            }
        }
    }

    public void Dispose()
    {
        foreach (var segment in segments)
            segment.Reader.Release();
    }
}
