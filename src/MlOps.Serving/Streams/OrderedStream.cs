using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace MlOps.Serving;

/// <summary>Asks for the items of a stream, a bounded number at once so that they share batches, and gives the answers in the items' order.</summary>
internal static class OrderedStream
{
    public static async IAsyncEnumerable<TOut> RunAsync<TIn, TOut>(
        IAsyncEnumerable<TIn> source, Func<TIn, CancellationToken, ValueTask<TOut>> ask, StreamOptions? options,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= new StreamOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Window, 1, nameof(options));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var room = new SemaphoreSlim(options.Window, options.Window);
        var running = Channel.CreateUnbounded<Task<TOut>>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        var feeding = FeedAsync(source, ask, options, running.Writer, room, stop.Token);
        try
        {
            await foreach (var answer in running.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return await answer.ConfigureAwait(false);
                room.Release();
            }

            await feeding.ConfigureAwait(false);
        }
        finally
        {
            // The consumer left early, or an answer failed: what is in flight is taken out, and nothing goes on behind its back.
            await stop.CancelAsync().ConfigureAwait(false);
            await feeding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (running.Reader.TryRead(out var rest))
                await ((Task)rest).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task FeedAsync<TIn, TOut>(
        IAsyncEnumerable<TIn> source, Func<TIn, CancellationToken, ValueTask<TOut>> ask, StreamOptions options, ChannelWriter<Task<TOut>> running,
        SemaphoreSlim room, CancellationToken stop)
    {
        // The consumer's thread is not to run the source, nor the first batches.
        await Task.Yield();
        try
        {
            await foreach (var item in source.WithCancellation(stop).ConfigureAwait(false))
            {
                await room.WaitAsync(stop).ConfigureAwait(false);

                // On the pool, because an idle engine answers on its caller's thread: asked from one thread, no two requests would ever meet.
                running.TryWrite(Task.Run(() => AskAsync(item, ask, options, stop), stop));
            }
        }
        finally
        {
            running.TryComplete();
        }
    }

    private static async Task<TOut> AskAsync<TIn, TOut>(
        TIn item, Func<TIn, CancellationToken, ValueTask<TOut>> ask, StreamOptions options, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return await ask(item, stop).ConfigureAwait(false);
            }
            catch (OverloadedException e) when (options.WaitWhenOverloaded)
            {
                await Task.Delay(e.RetryAfter > TimeSpan.Zero ? e.RetryAfter : TimeSpan.FromMilliseconds(1), stop).ConfigureAwait(false);
            }
        }
    }
}
