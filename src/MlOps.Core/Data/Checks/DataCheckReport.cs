using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using MlOps.Reporting;

namespace MlOps;

/// <summary>What data checks found in a frame. Immutable.</summary>
/// <param name="Rows">Rows of the frame.</param>
/// <param name="Results">One result per expectation, in order.</param>
public sealed record DataCheckReport(int Rows, IReadOnlyList<DataCheckResult> Results)
{
    /// <summary>Whether every expectation is met.</summary>
    [JsonIgnore]
    public bool Passed => Results.All(result => result.Passed);

    /// <summary>The expectations that are not met.</summary>
    [JsonIgnore]
    public IEnumerable<DataCheckResult> Failures => Results.Where(result => !result.Passed);

    /// <summary>The failures in a sentence, for messages: expectations, counts and rows, no values of the data.</summary>
    /// <returns>The text.</returns>
    public string Describe()
    {
        var failures = Failures.ToArray();
        if (failures.Length == 0)
            return $"all {Results.Count} expectations are met";
        var shown = failures.Take(5).Select(result => string.Create(CultureInfo.InvariantCulture, $"{result.Expectation} ({(result.FailingRows == 0 ? result.Observed : $"{result.FailingRows:N0} failing rows")}{(result.FirstRows.Count > 0 ? ", first in row " + result.FirstRows[0] : "")})"));
        return $"{failures.Length} of {Results.Count} expectations are not met: {string.Join("; ", shown)}{(failures.Length > 5 ? $"; and {failures.Length - 5} more" : "")}";
    }

    /// <summary>The report as JSON.</summary>
    /// <returns>The text.</returns>
    public string ToJson() => JsonSerializer.Serialize(this, DataCheckJsonContext.Default.DataCheckReport);

    /// <summary>A report from its JSON.</summary>
    /// <param name="json">The text.</param>
    /// <returns>The report.</returns>
    /// <exception cref="CorruptDataException">The text is no such report.</exception>
    public static DataCheckReport FromJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            return JsonSerializer.Deserialize(json, DataCheckJsonContext.Default.DataCheckReport) is { Results: not null } report
                ? report
                : throw new CorruptDataException("The stored check report has no results.");
        }
        catch (JsonException e)
        {
            throw new CorruptDataException($"The text is no check report: {e.Message}", e);
        }
    }

    /// <summary>The report as one HTML page; see <see cref="DataCheckSection"/> for a part of another report.</summary>
    /// <param name="title">The page's title.</param>
    /// <returns>The page.</returns>
    public string ToHtml(string title = "Data checks") => new HtmlReport(title).Section("Checks", section => section.Checks(this)).ToHtml();
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DataCheckReport))]
[JsonSerializable(typeof(DistributionReference))]
internal sealed partial class DataCheckJsonContext : JsonSerializerContext;
