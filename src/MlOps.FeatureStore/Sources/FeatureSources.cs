using System.Globalization;

namespace MlOps.Features;

/// <summary>Ingests sources batch by batch.</summary>
internal sealed class FeatureSources(FeatureStore store, EnvironmentContext context) : IFeatureSources
{
    private const int MaxBatchRows = 1 << 24;
    private readonly MetadataArea _area = new(context.Metadata, FeatureSchema.Instance);

    public async ValueTask<SourceResult> IngestAsync(string view, FeatureSource source, string key, SourceOptions? options = null, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.WriteFeatures, $"feature view '{view}'");
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrEmpty(key);
        var reading = Reading(store.Find(view), options);
        await store.EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        return await IngestAsync(reading.Plan.View, source, key, reading, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<SourceResult> RefreshAsync(string view, SourceOptions? options = null, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.WriteFeatures, $"feature view '{view}'");
        var definition = store.Find(view);
        if (definition.Sources.Count == 0)
            throw new InvalidDefinitionException($"Feature view '{view}' declares no source: call Source(...) in its definition, or hand rows over with IngestAsync.");
        var reading = Reading(definition, options);
        await store.EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        var total = default(SourceResult);
        foreach (var source in definition.Sources)
        {
            var progress = new SourceProgress(_area, definition, source, context.Clock);
            await progress.DeclareAsync(source.Source.Views.Select(store.Find).Select(read => $"{read.Name}.v{read.Version}"), cancellationToken).ConfigureAwait(false);
            total = total.Plus(await source.Source.RefreshAsync(new SourceRefresh(this, progress, definition, source.Name, reading), cancellationToken).ConfigureAwait(false));
        }

        return total;
    }

    /// <summary>Ingests a whole source under a key.</summary>
    internal async ValueTask<SourceResult> IngestAsync(FeatureView view, FeatureSource source, string key, SourceReading reading, CancellationToken cancellationToken)
    {
        if (reading.Options.CheckFirst)
        {
            if (!source.IsRepeatable)
                throw new InvalidInputException($"Feature view '{view.Name}': {source.Description} can be read once only, so it cannot be checked first. Turn SourceOptions.CheckFirst off, or bring the rows into memory.");
            await foreach (var frame in source.ReadAsync(reading, cancellationToken).ConfigureAwait(false))
                Check(reading.Plan, frame);
        }

        var result = await IngestAsync(
            view, source.Description, source.ReadAsync(reading, cancellationToken), (_, batch) => KeyOf(key, batch), reading.Options, null, cancellationToken).ConfigureAwait(false);
        if (await store.OfflineOf(view.Name).HasBatchAsync(KeyOf(key, result.Batches + result.BatchesPresent + 1), cancellationToken).ConfigureAwait(false))
            throw new InvalidInputException(
                $"Feature view '{view.Name}': {source.Description} ended after {result.Rows + result.RowsPresent} rows, but more were ingested under the key '{key}' before. The source has changed since; ingest it under another key.");
        return result;
    }

    /// <summary>Ingests batches; with the name of a declared source, each one's position is kept with it.</summary>
    internal async ValueTask<SourceResult> IngestAsync(
        FeatureView view, string description, IAsyncEnumerable<SourceFrame> frames, Func<SourceFrame, int, string> keyOf, SourceOptions options, string? source, CancellationToken cancellationToken)
    {
        var offline = store.OfflineOf(view.Name);
        var progress = source is null ? null : new SourceProgress(_area, view, view.Sources.Single(declared => declared.Name == source), context.Clock);
        var began = context.Clock.GetTimestamp();
        var result = default(SourceResult);
        var bytes = 0L;
        await foreach (var frame in frames.ConfigureAwait(false))
        {
            var batch = Check(offline.Plan, frame);
            var key = keyOf(frame, result.Batches + result.BatchesPresent + 1);
            await store.CheckBatchAsync(view, frame.Rows, key, null, cancellationToken).ConfigureAwait(false);
            var ingested = await offline.IngestAsync(
                batch, key, progress is not null && frame.Position is { } position ? session => progress.MoveAsync(session, position) : null, cancellationToken).ConfigureAwait(false);
            result = result.Plus(ingested.WasPresent ? new SourceResult(0, ingested.Rows, 0, 1) : new SourceResult(ingested.Rows, 0, 1, 0));
            bytes += frame.Bytes;
            var rows = result.Rows + result.RowsPresent;
            var seconds = context.Clock.GetElapsedTime(began).TotalSeconds;
            options.Progress?.Report(new IngestProgress(
                view.Name, description, rows, bytes, result.Batches + result.BatchesPresent, result.BatchesPresent, seconds > 0 ? rows / seconds : 0));
        }

        return result;
    }

    private SourceReading Reading(FeatureView view, SourceOptions? options)
    {
        options ??= new SourceOptions();
        if (options.RowsPerBatch is < 1 or > MaxBatchRows)
            throw new InvalidInputException($"SourceOptions.RowsPerBatch is {options.RowsPerBatch}; choose 1 to {MaxBatchRows}.");
        return new SourceReading(store, context, view.Plan, options);
    }

    private static string KeyOf(string key, int batch) => string.Create(CultureInfo.InvariantCulture, $"{key}/{batch:D5}");

    private static RowBatch Check(ViewPlan plan, SourceFrame frame)
    {
        try
        {
            return RowBatchReader.Read(plan, frame.Rows);
        }
        catch (InvalidInputException error) when (frame.Where is not null && BadRows.First(plan, frame.Rows) is { } row)
        {
            throw new InvalidInputException($"{frame.Where(row)}: {error.Message}", error);
        }
    }
}
