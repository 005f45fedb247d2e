using System.Globalization;
using System.Text.Json;
using MlOps;
using MlOps.Registry;
using MlOps.Serving;
using Spectre.Console;

namespace FlightDelay;

/// <summary>What the stores hold in the end; the same after any number of kills and restarts.</summary>
public sealed record Results(SortedDictionary<string, string> Values)
{
    public static async Task<Results> ReadAsync(IMlOpsEnvironments environments)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var environment in environments)
        {
            foreach (var version in await environment.Models.ListAsync(DelayTraining.Model))
            {
                values[$"{environment.Name}/{version.Ref}"] = string.Create(CultureInfo.InvariantCulture,
                    $"{version.Tags["algorithm"]}, AUC {version.Metrics["auc"]:F4}, {(version.Provenance is { } from ? $"{from.Strategy} of {from.Environment}/{from.Version}" : "trained here")}, {version.Find(ModelArtifactKind.Functions, ModelArtifactNames.Predict)!.Content.Digest[7..19]}");
            }

            foreach (var (alias, version) in await environment.Models.GetAliasesAsync(DelayTraining.Model))
                values[$"{environment.Name}/@{alias}"] = version.ToString(CultureInfo.InvariantCulture);
            if (await environment.Endpoints[DelayTraining.Model].GetTrafficAsync() is { } traffic)
                values[$"{environment.Name}/traffic"] = string.Join(", ", traffic.Shares.Select(share => string.Create(CultureInfo.InvariantCulture, $"{share.Weight:P0} {share.Version}")));
            foreach (var drift in await environment.Monitors.GetDriftReportsAsync(DelayTraining.Model))
                values[$"{environment.Name}/drift {drift.From.ToString()[..10]}"] = string.Create(CultureInfo.InvariantCulture, $"{drift.Rows} predictions, {drift.DriftedShare:P0} of columns");
        }

        var quality = await environments["production"].Monitors.CheckQualityAsync(DelayTraining.Model, Timestamp.Utc(2001, 6, 1), Timestamp.Utc(2001, 7, 1));
        foreach (var entry in quality.Versions)
            values[$"production/live {entry.Version} {entry.Variant}"] = string.Create(CultureInfo.InvariantCulture, $"{entry.Rows} outcomes, AUC {entry.Auc:F3}, Brier {entry.Brier:F3}");
        return new Results(values);
    }

    public async Task WriteAsync(string path) => await File.WriteAllTextAsync(path, JsonSerializer.Serialize(Values, new JsonSerializerOptions { WriteIndented = true }));

    public Table ToTable()
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("What").AddColumn("Is");
        foreach (var (name, value) in Values)
            table.AddRow(Markup.Escape(name), Markup.Escape(value));
        return table;
    }
}
