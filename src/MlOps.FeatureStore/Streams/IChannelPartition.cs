namespace MlOps.Features;

/// <summary>One partition of a channel, in memory or in a log.</summary>
internal interface IChannelPartition : IDisposable
{
    StreamRange Range { get; }

    ValueTask<long> WriteAsync(DataFrame rows, CancellationToken cancellationToken);

    IAsyncEnumerable<StreamRecords> ReadAsync(long after, CancellationToken cancellationToken);

    void Checkpointed(long offset);

    void Complete();
}
