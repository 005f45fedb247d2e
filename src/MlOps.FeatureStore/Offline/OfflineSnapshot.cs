namespace MlOps.Features;

/// <summary>The segments of a view as the manifest named them at one moment, held open until disposed.</summary>
internal sealed class OfflineSnapshot(ViewPlan plan, KeyTable keys, LoadedSegment[] segments) : IDisposable
{
    public ViewPlan Plan => plan;

    public KeyTable Keys => keys;

    /// <summary>In commit order.</summary>
    public LoadedSegment[] Segments => segments;

    /// <summary>Rows of later commits are not there.</summary>
    public long MaxCommit { get; init; } = long.MaxValue;

    public void Dispose()
    {
        foreach (var segment in segments)
            segment.Reader.Release();
    }
}
