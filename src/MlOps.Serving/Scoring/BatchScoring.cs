using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MlOps.Serving;

/// <summary>Scores frames with buffers of its own over the version that the pool holds, so that endpoints are not slowed by its batches and memory not taken twice.</summary>
internal sealed class BatchScoring(EnvironmentContext context, EndpointSet endpoints) : IBatchScoring
{
    private readonly PredictionStore _store = new(context);

    public ValueTask<BatchScoringResult> RunAsync(BatchScoringJob job, DataFrame frame, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(frame);
        return RunAsync(job, One(frame), cancellationToken);
    }

    public async ValueTask<BatchScoringResult> RunAsync(BatchScoringJob job, IAsyncEnumerable<DataFrame> frames, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(frames);
        ArgumentException.ThrowIfNullOrEmpty(job.Name);
        ArgumentException.ThrowIfNullOrEmpty(job.Run);
        ArgumentOutOfRangeException.ThrowIfLessThan(job.CommitRows, 1);
        if (job.KeyColumns.Count == 0)
            throw new InvalidDefinitionException($"Scoring job '{job.Name}' names no key columns: look-ups need a key.");
        var set = await _store.FindSetAsync(job.Name, job.Run, cancellationToken).ConfigureAwait(false);
        if (set?.CompletedAt is not null)
            return new BatchScoringResult(set.Version, set.RowsDone, 0, set.RowsDone, null);

        // A resumed run stays with the version that it began with, so that a set never mixes versions.
        var version = set?.Version ?? job.Version ?? await VersionOfAsync(job, cancellationToken).ConfigureAwait(false);
        using (var lease = await endpoints.Pool.LeaseAsync(version, endpoints.Pool.Loader.BatchingOf(job.Endpoint ?? version.Model), LoadIntent.Explicit, cancellationToken).ConfigureAwait(false))
        using (var scorer = new FrameScorer(lease.Runtime, FeaturesOf(job.FeatureColumns ?? lease.Served.Features, lease.Runtime, version), endpoints.PassesNaN(job.Endpoint ?? version.Model)))
        {
            set ??= await _store.BeginAsync(job.Name, job.Run, version, lease.Runtime.OutputWidth, cancellationToken).ConfigureAwait(false);
            var resumed = set.RowsDone;
            long position = 0;
            long failed = 0;
            await foreach (var frame in frames.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                var start = (int)Math.Min(frame.RowCount, Math.Max(0, set.RowsDone - position));
                if (start > 0 && position + start == set.RowsDone)
                    CheckLastKey(set, Key(job.KeyColumns.Select(name => frame[name]).ToArray(), start - 1));
                position += start;
                for (; start < frame.RowCount; start += job.CommitRows)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var chunk = frame.Slice(start, Math.Min(job.CommitRows, frame.RowCount - start));
                    (set, var bad) = await ScoreChunkAsync(job, set, scorer, chunk, cancellationToken).ConfigureAwait(false);
                    failed += bad;
                    position += chunk.RowCount;
                    job.Progress?.Report(set.RowsDone);
                }
            }

            if (position < set.RowsDone)
                throw new InvalidInputException($"Run '{job.Run}' of scoring job '{job.Name}' had done {set.RowsDone} rows; now only {position} came. Resume it with the same rows.");
            set = await _store.CompleteAsync(set, cancellationToken).ConfigureAwait(false);
            return new BatchScoringResult(version, set.RowsDone, failed, resumed, scorer.FirstError);
        }
    }

    public async IAsyncEnumerable<DataFrame> ScoreAsync(
        ModelVersionRef version, IAsyncEnumerable<DataFrame> frames, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(frames);
        using (var lease = await endpoints.Pool.LeaseAsync(version, endpoints.Pool.Loader.BatchingOf(version.Model), LoadIntent.Explicit, cancellationToken).ConfigureAwait(false))
        using (var scorer = new FrameScorer(lease.Runtime, FeaturesOf(lease.Served.Features, lease.Runtime, version), endpoints.PassesNaN(version.Model)))
        {
            await foreach (var frame in frames.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                var ok = new bool[frame.RowCount];
                var scores = scorer.Score(frame, ok);
                yield return frame.With(Columns(scores, ok, scorer.Outputs));
            }
        }
    }

    public ValueTask<StoredPrediction?> FindAsync(string job, string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(key);
        return _store.FindAsync(job, key, cancellationToken);
    }

    public ValueTask<IReadOnlyDictionary<string, StoredPrediction>> FindManyAsync(string job, IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(keys);
        return _store.FindManyAsync(job, keys, cancellationToken);
    }

    public async ValueTask<StoredPrediction> GetAsync(string job, string key, PredictionFallback fallback, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fallback);
        var stored = await FindAsync(job, key, cancellationToken).ConfigureAwait(false);
        if (stored is not null && !(Timestamp.From(context.Clock.GetUtcNow()) - stored.ScoredAt!.Value > fallback.MaximumAge))
            return stored;
        if (fallback.Live is { } live)
        {
            try
            {
                if (await live(key, cancellationToken).ConfigureAwait(false) is { } scores)
                    return new StoredPrediction(key, scores, PredictionSource.Live);
            }
            catch (MlOpsException) when (fallback.Default is not null || fallback.PopularKey is not null)
            {
                // Another answer stands in for a live prediction that is refused or fails.
            }
        }

        if (fallback.PopularKey is { } popular && await FindAsync(job, popular, cancellationToken).ConfigureAwait(false) is { } favourite)
            return favourite with { Key = key, Source = PredictionSource.Popular };
        if (fallback.Default is { } answer)
            return new StoredPrediction(key, answer, PredictionSource.Default);
        throw new NotFoundException(
            stored is null
                ? $"Scoring job '{job}' has no prediction for '{key}'. Run it, or give a fallback."
                : $"The prediction of scoring job '{job}' for '{key}' is from {stored.ScoredAt}, older than {fallback.MaximumAge}. Run it again, or give a fallback.");
    }

    private async ValueTask<(PredictionSet Set, long Failed)> ScoreChunkAsync(
        BatchScoringJob job, PredictionSet set, FrameScorer scorer, DataFrame chunk, CancellationToken cancellationToken)
    {
        var ok = new bool[chunk.RowCount];
        var scores = scorer.Score(chunk, ok);
        var keys = job.KeyColumns.Select(name => chunk[name]).ToArray();
        var rows = new List<(string, byte[])>(chunk.RowCount);
        var key = "";
        for (var row = 0; row < chunk.RowCount; row++)
        {
            key = Key(keys, row);
            if (ok[row])
                rows.Add((key, MemoryMarshal.AsBytes(scores.AsSpan(row * scorer.Outputs, scorer.Outputs)).ToArray()));
        }

        var next = await _store.AppendAsync(set, rows, set.RowsDone + chunk.RowCount, key, cancellationToken).ConfigureAwait(false);
        return (next, chunk.RowCount - rows.Count);
    }

    private async ValueTask<ModelVersionRef> VersionOfAsync(BatchScoringJob job, CancellationToken cancellationToken)
    {
        if (job.Endpoint is not { } endpoint)
            throw new InvalidDefinitionException($"Scoring job '{job.Name}' names neither a version nor an endpoint.");
        var policy = await endpoints[endpoint].GetTrafficAsync(cancellationToken).ConfigureAwait(false)
            ?? throw new NotFoundException($"Scoring job '{job.Name}' wants the version of endpoint '{endpoint}', which does not serve.");
        return policy.Shares.MaxBy(share => share.Weight)!.Version;
    }

    private static IReadOnlyList<string> FeaturesOf(IReadOnlyList<string> names, IModelRuntime runtime, ModelVersionRef version) =>
        names.Count == runtime.InputWidth ? names : throw new InvalidDefinitionException(
            $"{version} takes {runtime.InputWidth} features; {names.Count} columns are named. Name them in the signature or in BatchScoringJob.FeatureColumns.");

    private static void CheckLastKey(PredictionSet set, string key)
    {
        if (key != set.LastKey)
            throw new InvalidInputException(
                $"Row {set.RowsDone} of run '{set.Run}' of scoring job '{set.Job}' had the key '{set.LastKey}', now it has '{key}'. Resume a run with the same rows in the same order.");
    }

    private static string Key(DataColumn[] columns, int row) =>
        columns.Length == 1 ? Text(columns[0], row) : string.Join('|', columns.Select(column => Text(column, row)));

    private static string Text(DataColumn column, int row) =>
        column.IsNull(row)
            ? throw new InvalidInputException($"Key column '{column.Name}' is null in row {row + 1}.")
            : Convert.ToString(column.GetValue(row), CultureInfo.InvariantCulture)!;

    private static IEnumerable<DataColumn> Columns(float[] scores, bool[] ok, int outputs)
    {
        var validity = new ulong[(ok.Length + 63) / 64];
        for (var row = 0; row < ok.Length; row++)
        {
            if (ok[row])
                validity[row >> 6] |= 1UL << (row & 63);
        }

        for (var output = 0; output < outputs; output++)
        {
            var values = new float[ok.Length];
            for (var row = 0; row < values.Length; row++)
                values[row] = scores[(row * outputs) + output];
            yield return DataColumn.Create(outputs == 1 ? "score" : string.Create(CultureInfo.InvariantCulture, $"score_{output}"), values, validity);
        }
    }

    private static async IAsyncEnumerable<DataFrame> One(DataFrame frame)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield return frame;
    }
}
