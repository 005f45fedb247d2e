using MlOps.Reporting;

namespace MlOps;

/// <summary>
/// One self-contained HTML page about a model in all environments: versions, pipeline runs as graph and Gantt chart, evaluation curves,
/// promotions with their gates, live drift and quality, latency, audit trail. Made from the stores alone.
/// </summary>
public static class LifecycleReport
{
    /// <summary>Makes the report.</summary>
    /// <param name="environments">The host's environments.</param>
    /// <param name="model">The model; its endpoint bears the same name.</param>
    /// <param name="options">What else goes in.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The report.</returns>
    public static async ValueTask<HtmlReport> CreateReportAsync(
        this IMlOpsEnvironments environments, string model, LifecycleReportOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(environments);
        ArgumentException.ThrowIfNullOrEmpty(model);
        options ??= new LifecycleReportOptions();
        var report = new HtmlReport($"Model {model}", options.Subtitle);
        var sections = new LifecycleSections(environments, model, options);
        await sections.AddSummaryAsync(report, cancellationToken).ConfigureAwait(false);
        await sections.AddEvaluationAsync(report, cancellationToken).ConfigureAwait(false);
        await sections.AddPipelinesAsync(report, cancellationToken).ConfigureAwait(false);
        await sections.AddPromotionsAsync(report, cancellationToken).ConfigureAwait(false);
        await sections.AddLiveAsync(report, cancellationToken).ConfigureAwait(false);
        await sections.AddAuditAsync(report, cancellationToken).ConfigureAwait(false);
        return report;
    }
}
