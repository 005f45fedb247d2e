namespace MlOps.Features;

/// <summary>A segment of the manifest, open.</summary>
internal sealed class LoadedSegment(long id, long commit, SegmentReader reader)
{
    public long Id => id;

    /// <summary>The commit that brought the rows; the newest one where segments were merged.</summary>
    public long Commit => commit;

    /// <summary>The oldest commit of its rows.</summary>
    public long FirstCommit => reader.HasCommit ? reader.FirstCommit : commit;

    public SegmentReader Reader => reader;

    /// <summary>The commit of a row.</summary>
    public long CommitOf(int row) => reader.HasCommit ? reader.CommitOf(row) : commit;
}
