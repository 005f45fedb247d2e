using System.Diagnostics;

namespace MlOps.Serving;

internal sealed partial class Endpoint
{
    private readonly bool _caches = pool.Loader.BatchingOf(name).Cache.Capacity > 0;

    // The version is chosen as for any other request, so that a split stays one.
    private PredictionResult? FindCached(ReadOnlyMemory<float> features, Memory<float> scores, in PredictionContext request)
    {
        if (Volatile.Read(ref _state) is not { } state)
            return null;
        var share = state.Router.Choose(request.Key);
        var version = state.Versions[share];
        if (version.Cache is not { } cache || features.Length != version.Engine.InputWidth || scores.Length < version.Engine.OutputWidth)
            return null;
        var begin = metrics.Timed || state.IsTimed || ServingMetrics.Activities.HasListeners() ? Stopwatch.GetTimestamp() : 0;
        if (!cache.TryGet(features.Span, scores.Span))
            return null;
        version.CountRequest();
        return Finish(new BatchAnswer(PredictionStatus.Ok), state, share, features, scores, request, begin, isCached: true) with { Origin = AnswerOrigin.Cached };
    }
}
