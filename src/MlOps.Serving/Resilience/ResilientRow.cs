namespace MlOps.Serving;

/// <summary>A row of floats that may be sent more than once.</summary>
internal sealed class ResilientRow(
    ReadOnlyMemory<float> features, Memory<float> scores, string? key, long deadline, bool isolated, CancellationToken caller)
    : ResilientRequest(key, deadline, isolated, caller)
{
    // An attempt that was left behind may still read it, when the caller has its memory back already.
    private readonly ReadOnlyMemory<float> _features = isolated ? features.ToArray() : features;

    public override object? DefaultOf(Fallback step) => step.Scores;

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
        var own = IsIsolated ? new float[version.Engine.OutputWidth] : null;
        var row = projection is null ? _features : Project(projection);
        var answer = await version.Engine.PredictAsync(row.Span, own ?? scores, Deadline, cancellationToken).ConfigureAwait(false);
        return new AttemptAnswer(answer.Status, answer.Error, answer.Detail) { Payload = own };
    }

    private float[] Project(int[] projection)
    {
        var row = new float[projection.Length];
        for (var i = 0; i < row.Length; i++)
            row[i] = _features.Span[projection[i]];
        return row;
    }
}
