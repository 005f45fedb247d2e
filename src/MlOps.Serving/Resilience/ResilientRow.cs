using System.Threading.Tasks.Sources;

namespace MlOps.Serving;

/// <summary>A row of floats, or several, that may be sent more than once.</summary>
internal sealed class ResilientRow(
    ReadOnlyMemory<float> features, int? rows, Memory<float> scores, PredictionContext request, long deadline, bool isolated, CancellationToken caller)
    : ResilientRequest(request.Key, deadline, isolated, caller)
{
    // An attempt that was left behind may still read it, when the caller has its memory back already.
    private readonly ReadOnlyMemory<float> _features = isolated ? features.ToArray() : features;

    public override object? DefaultOf(Fallback step) => step.Scores is { } given && rows is { } count ? Enumerable.Repeat(given, count).SelectMany(row => row).ToArray() : step.Scores;

    public override bool TryProject(ServedVersion from, ServedVersion to, out int[]? projection)
    {
        projection = null;
        if (from == to || from.Features.Count == 0 || to.Features.Count == 0 || from.Features.SequenceEqual(to.Features))
            return from.Engine.InputWidth == to.Engine.InputWidth;
        var sent = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < from.Features.Count; i++)
            sent[from.Features[i]] = i;
        projection = new int[to.Features.Count];
        for (var i = 0; i < projection.Length; i++)
        {
            if (!sent.TryGetValue(to.Features[i], out projection[i]))
                return false;
        }

        return true;
    }

    protected override async ValueTask<AttemptAnswer> RunAsync(ServedVersion version, int[]? projection, CancellationToken cancellationToken)
    {
        var own = IsIsolated ? new float[(long)version.Engine.OutputWidth * (rows ?? 1)] : null;
        var terms = new RowTerms(Deadline, cancellationToken, request.Priority, request.Caller);
        var waiting = Start(version.Engine, projection is null ? _features.Span : Project(projection), own ?? scores, terms, out var answer);
        if (waiting is not null)
            answer = await new ValueTask<BatchAnswer>((IValueTaskSource<BatchAnswer>)waiting, waiting.Version).ConfigureAwait(false);
        return new AttemptAnswer(answer.Status, answer.Error, answer.Detail) { Payload = own };
    }

    private BatchRequest? Start(BatchEngine engine, ReadOnlySpan<float> values, Memory<float> destination, in RowTerms terms, out BatchAnswer answer)
    {
        terms.CancellationToken.ThrowIfCancellationRequested();
        return rows is { } count
            ? engine.StartRows(values, count, destination, terms, null, out answer)
            : engine.Start(values, destination, terms, null, out answer);
    }

    private float[] Project(int[] projection)
    {
        var count = rows ?? 1;
        var width = _features.Length / count;
        var projected = new float[projection.Length * count];
        for (var row = 0; row < count; row++)
        {
            for (var i = 0; i < projection.Length; i++)
                projected[(row * projection.Length) + i] = _features.Span[(row * width) + projection[i]];
        }

        return projected;
    }
}
