using System.Runtime.CompilerServices;
using MlOps.Features;
using MlOps.Serving;

namespace MlOps;

/// <summary>Batch scoring over the feature store.</summary>
public static class ScoringEnvironmentExtensions
{
    private const int BatchRows = 1 << 16;

    /// <summary>
    /// Scores every entity that a feature view knew at a moment, with a service's features as of that moment, into the prediction store. The
    /// features are joined and scored part by part, so memory does not grow with the entities. Called again with the same run it goes on
    /// where it was; give the same moment then.
    /// </summary>
    /// <param name="environment">The environment.</param>
    /// <param name="job">What to score; without <see cref="BatchScoringJob.KeyColumns"/> the keys of the view.</param>
    /// <param name="view">The view whose entities are scored; its keys are the service's keys.</param>
    /// <param name="service">The service whose features the model takes.</param>
    /// <param name="at">The moment.</param>
    /// <param name="cancellationToken">Stops after the current commit.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="NotFoundException">There is no such view, service or endpoint.</exception>
    public static async ValueTask<BatchScoringResult> ScoreFeatureViewAsync(
        this IMlOpsEnvironment environment, BatchScoringJob job, string view, string service, Timestamp at, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(service);
        var features = environment.Features;
        var entities = await features.Spines.EntitiesAtAsync(view, at, cancellationToken).ConfigureAwait(false);
        if (job.KeyColumns.Count == 0)
            job = job with { KeyColumns = [.. entities.Columns.Select(column => column.Name).Where(name => name != "at")] };
        return await environment.Scoring.RunAsync(
            job, features.GetTrainingFrameBatchesAsync(Parts(entities, cancellationToken), "at", service, cancellationToken: cancellationToken), cancellationToken)
            .ConfigureAwait(false);
    }

    private static async IAsyncEnumerable<DataFrame> Parts(DataFrame entities, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        for (var start = 0; start < entities.RowCount; start += BatchRows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return entities.Slice(start, Math.Min(BatchRows, entities.RowCount - start));
        }
    }
}
