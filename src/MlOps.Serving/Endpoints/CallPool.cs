using System.Collections.Concurrent;

namespace MlOps.Serving;

/// <summary>Objects to use again: one at hand, more in a queue.</summary>
internal sealed class CallPool<T>
    where T : class
{
    private readonly ConcurrentQueue<T> _more = new();
    private T? _spare;

    public T? Rent()
    {
        var item = Interlocked.Exchange(ref _spare, null);
        return item is not null || _more.TryDequeue(out item) ? item : null;
    }

    public void Return(T item)
    {
        if (Interlocked.CompareExchange(ref _spare, item, null) is not null)
            _more.Enqueue(item);
    }
}
