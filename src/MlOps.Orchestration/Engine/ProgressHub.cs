using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace MlOps.Orchestration;

/// <summary>Tells watchers in this process what happens. Costs nothing while nobody watches.</summary>
internal sealed class ProgressHub
{
    private const int Capacity = 4096;
    private readonly ConcurrentDictionary<Channel<PipelineProgress>, string?> _watchers = new();

    public bool HasWatchers => !_watchers.IsEmpty;

    public void Publish(PipelineProgress progress)
    {
        foreach (var (channel, runId) in _watchers)
        {
            if (runId is null || runId == progress.RunId)
                channel.Writer.TryWrite(progress);
        }
    }

    // Subscribes before the first MoveNext, so that nothing that happens after the call is missed.
    public IAsyncEnumerable<PipelineProgress> Watch(string? runId, CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<PipelineProgress>(new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest });
        _watchers[channel] = runId;
        return ReadAsync(channel, cancellationToken);
    }

    private async IAsyncEnumerable<PipelineProgress> ReadAsync(Channel<PipelineProgress> channel, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            while (await WaitAsync(channel.Reader, cancellationToken).ConfigureAwait(false))
            {
                while (channel.Reader.TryRead(out var progress))
                    yield return progress;
            }
        }
        finally
        {
            _watchers.TryRemove(channel, out _);
        }
    }

    private static async ValueTask<bool> WaitAsync(ChannelReader<PipelineProgress> reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
