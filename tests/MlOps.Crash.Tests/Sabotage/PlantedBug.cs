namespace MlOps.Crash.Tests;

/// <summary>Bugs that the harness must catch, planted around the stores and never inside them.</summary>
internal enum PlantedBug
{
    None,

    /// <summary>A file's flush returns without doing anything.</summary>
    NoFileFlush,

    /// <summary>A directory's flush returns without doing anything.</summary>
    NoDirectoryFlush,

    /// <summary>Blobs are written after the rows that refer to them.</summary>
    MetadataFirst,

    /// <summary>SQLite with <c>synchronous=NORMAL</c>.</summary>
    SynchronousNormal,

    /// <summary>A write that failed half-way is run again on top of what it has done.</summary>
    RetryWithoutRollback,

    /// <summary>A version's number is the largest one, read before the transaction, plus one.</summary>
    LargestPlusOne,

    /// <summary>A write answers before its commit.</summary>
    AcknowledgedEarly,

    /// <summary>An alias moves and its history does not say so.</summary>
    AliasWithoutHistory,

    /// <summary>Registration does not look whether its blobs were collected meanwhile.</summary>
    NoCondemnCheck,

    /// <summary>What is read is not compared with its digest.</summary>
    NoDigestCheck,

    /// <summary>The comparison of an alias' compare-and-set is made outside its transaction.</summary>
    CompareOutside,

    /// <summary>A stream's landed offset is committed before the rows that it stands for.</summary>
    OffsetBeforeState,
}
