using System.Buffers;

namespace MlOps.Features;

/// <summary>Reads a service as typed objects; finds the properties' features at the first call.</summary>
internal sealed class FeatureReader<T>(IFeatureStore store, string service, FeatureRowBinding<T> binding, TimeProvider clock) : IFeatureReader<T>
{
    private BoundReader<T>? _bound;

    public string Service => service;

    public ValueTask<T> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (Volatile.Read(ref _bound) is { Typed: not null } bound)
            return new(bound.Read(new ReadOnlySpan<string>(in key), default, Now()));
        return ReadAsync(new FeatureRequest(key), Now(), cancellationToken);
    }

    public ValueTask<T> GetAsync(FeatureRequest request, CancellationToken cancellationToken = default) => ReadAsync(request, request.AsOf ?? Now(), cancellationToken);

    public async ValueTask<IReadOnlyList<T>> GetManyAsync(IReadOnlyList<string> keys, Timestamp? asOf = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var moment = asOf ?? Now();
        var bound = await BindAsync(cancellationToken).ConfigureAwait(false);
        var answers = new T[keys.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            answers[i] = bound.Typed is null
                ? await ReadFloatsAsync(bound, new FeatureRequest(keys[i]), moment, cancellationToken).ConfigureAwait(false)
                : ReadOne(bound, keys[i], moment);
        }

        return answers;
    }

    public async ValueTask<IReadOnlyList<T>> GetManyAsync(IReadOnlyList<FeatureRequest> requests, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        var moment = Now();
        var answers = new T[requests.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            answers[i] = await ReadAsync(requests[i], requests[i].AsOf ?? moment, cancellationToken).ConfigureAwait(false);
        }

        return answers;
    }

    private ValueTask<T> ReadAsync(in FeatureRequest request, Timestamp moment, CancellationToken cancellationToken) =>
        Volatile.Read(ref _bound) is { Typed: not null } bound
            ? new(bound.Read(request.Keys.Span, request.Values.Span, moment))
            : BindThenReadAsync(request, moment, cancellationToken);

    private async ValueTask<T> BindThenReadAsync(FeatureRequest request, Timestamp moment, CancellationToken cancellationToken)
    {
        var bound = await BindAsync(cancellationToken).ConfigureAwait(false);
        return bound.Typed is null
            ? await ReadFloatsAsync(bound, request, moment, cancellationToken).ConfigureAwait(false)
            : bound.Read(request.Keys.Span, request.Values.Span, moment);
    }

    private static async ValueTask<T> ReadFloatsAsync(BoundReader<T> bound, FeatureRequest request, Timestamp moment, CancellationToken cancellationToken)
    {
        var count = bound.Source.FeatureNames.Count;
        var floats = ArrayPool<float>.Shared.Rent(count);
        await bound.Source.ReadAsync(request.Keys, request.Values, moment, floats.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        var values = new FeatureValue[count];
        for (var i = 0; i < count; i++)
            values[i] = floats[i];
        ArrayPool<float>.Shared.Return(floats);
        return bound.ToRow(request.Keys.Span, moment, values);
    }

    private static T ReadOne(BoundReader<T> bound, string key, Timestamp moment) => bound.Read(new ReadOnlySpan<string>(in key), default, moment);

    private async ValueTask<BoundReader<T>> BindAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _bound) is { } found)
            return found;
        // Two first callers may both bind; both results are the same.
        var source = store is FeatureStore own
            ? await own.OpenSourceAsync(service, false, cancellationToken).ConfigureAwait(false)
            : await store.GetVectorSourceAsync(service, cancellationToken).ConfigureAwait(false);
        var bound = new BoundReader<T>(source, binding);
        Volatile.Write(ref _bound, bound);
        return bound;
    }

    private Timestamp Now() => Timestamp.From(clock.GetUtcNow());
}
