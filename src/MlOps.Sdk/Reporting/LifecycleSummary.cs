using System.Globalization;
using MlOps.Registry;

namespace MlOps;

/// <summary>Where a model stands in all environments, as text by subject; equal stores give equal summaries.</summary>
public static class LifecycleSummary
{
    /// <summary>Reads the versions, aliases, traffic, drift and live quality of a model.</summary>
    /// <param name="environments">The host's environments.</param>
    /// <param name="model">The model.</param>
    /// <param name="from">The begin of the period of live quality.</param>
    /// <param name="to">The end of the period.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Text by subject, in ordinal order.</returns>
    public static async ValueTask<IReadOnlyDictionary<string, string>> SummariseAsync(
        this IMlOpsEnvironments environments, string model, Timestamp from, Timestamp to, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(environments);
        var lines = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var environment in environments)
        {
            foreach (var version in await environment.Models.ListAsync(model, cancellationToken: cancellationToken).ConfigureAwait(false))
            {
                var metrics = string.Join(", ", version.Metrics.OrderBy(metric => metric.Key, StringComparer.Ordinal).Select(metric => Text($"{metric.Key} {metric.Value:F4}")));
                var origin = version.Provenance is { } source ? $"{source.Strategy} of {source.Environment}/{source.Version}" : "trained here";
                var bytes = version.Find(ModelArtifactKind.Functions, ModelArtifactNames.Predict)?.Content.Digest[7..19];
                lines[$"{environment.Name}/{version.Ref}"] = $"{metrics}, {origin}, {bytes}";
            }

            foreach (var (alias, version) in await environment.Models.GetAliasesAsync(model, cancellationToken).ConfigureAwait(false))
                lines[$"{environment.Name}/@{alias}"] = Text($"{model}:{version}");
            if (await environment.Endpoints[model].GetTrafficAsync(cancellationToken).ConfigureAwait(false) is { } traffic)
                lines[$"{environment.Name}/traffic"] = string.Join(", ", traffic.Shares.Select(share => Text($"{share.Version} {share.Weight:P0}")));
            foreach (var drift in await environment.Monitors.GetDriftReportsAsync(model, cancellationToken).ConfigureAwait(false))
                lines[$"{environment.Name}/drift from {drift.From.ToString()[..10]}"] = Text($"{drift.DriftedShare:P0} of the columns over {drift.Rows} predictions of {drift.Version}");
            foreach (var entry in (await environment.Monitors.CheckQualityAsync(model, from, to, cancellationToken).ConfigureAwait(false)).Versions)
                lines[$"{environment.Name}/live {entry.Version} {entry.Variant}"] = Text($"AUC {entry.Auc:F3}, Brier {entry.Brier:F3} over {entry.Rows} outcomes");
        }

        return lines;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
