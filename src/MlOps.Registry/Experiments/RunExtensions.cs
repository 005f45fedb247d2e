using System.Globalization;
using MlOps.Reporting;

namespace MlOps.Registry;

/// <summary>Short forms over <see cref="IRun"/>.</summary>
public static class RunExtensions
{
    /// <summary>The media type of a stored plot: <see cref="PlotJson"/>.</summary>
    public const string PlotMediaType = "application/vnd.mlops.plot.v1+json";

    private const string PlotFolder = "plots/";
    private const string PlotEnding = ".json";

    /// <summary>Records a parameter of any type: numbers, dates and such in the invariant culture, true and false in lower case, null as <c>null</c>.</summary>
    /// <typeparam name="T">The value's type.</typeparam>
    /// <param name="run">The run.</param>
    /// <param name="name">The name.</param>
    /// <param name="value">The value.</param>
    public static void LogParameter<T>(this IRun run, string name, T value)
    {
        ArgumentNullException.ThrowIfNull(run);
        run.LogParameter(name, Text(value));
    }

    /// <summary>Records parameters of any type; see <see cref="LogParameter{T}"/>.</summary>
    /// <typeparam name="T">The values' type; <c>object?</c> for several.</typeparam>
    /// <param name="run">The run.</param>
    /// <param name="parameters">Names and values.</param>
    public static void LogParameters<T>(this IRun run, IEnumerable<KeyValuePair<string, T>> parameters)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(parameters);
        foreach (var (name, value) in parameters)
            run.LogParameter(name, Text(value));
    }

    /// <summary>Records one point of each of several metrics at one step and time, all or none.</summary>
    /// <param name="run">The run.</param>
    /// <param name="values">Names and values.</param>
    /// <param name="step">The step, from 0.</param>
    public static void LogMetrics(this IRun run, IReadOnlyDictionary<string, double> values, long step = 0)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(values);
        run.LogMetrics([.. values], step);
    }

    /// <summary>Stores a plot as data; the run's report draws it.</summary>
    /// <param name="run">The run.</param>
    /// <param name="name">Its name within the run.</param>
    /// <param name="plot">The plot.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Where it is.</returns>
    public static async ValueTask<ArtifactRef> LogPlotAsync(this IRun run, string name, Plot plot, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(plot);
        NameRules.Field("Plot", name);
        using var content = new MemoryStream(PlotJson.Serialize(plot), writable: false);
        return await run.LogArtifactAsync(PlotArtifact(name), content, PlotMediaType, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Records a frame that the run reads: its digest, columns and rows, and, when asked for, its profile as the artifact
    /// <c>inputs/{name}/{role}.profile.json</c>.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="name">The dataset's name.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="role">What for: <c>training</c>, <c>validation</c>, <c>test</c>.</param>
    /// <param name="source">Where it came from; null when that is not known.</param>
    /// <param name="profile">Whether to compute and store a profile, which reads every column a few times.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The dataset as recorded.</returns>
    public static async ValueTask<RunInput> LogInputAsync(
        this IRun run, string name, DataFrame frame, string role, string? source = null, bool profile = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(frame);
        var input = new RunInput(name, DatasetDigest.Of(frame).ToString(), role) { Source = source, Schema = Schema(frame), Rows = frame.RowCount };
        run.LogInput(input);
        if (profile)
        {
            using var content = new MemoryStream(ProfileJson.Write(DataProfile.Of(frame)), writable: false);
            await run.LogArtifactAsync($"inputs/{name}/{role}.profile.json", content, ProfileJson.MediaType, cancellationToken).ConfigureAwait(false);
        }

        return input;
    }

    internal static string PlotArtifact(string name) => PlotFolder + name + PlotEnding;

    internal static string PlotNameOf(string artifact) =>
        artifact.StartsWith(PlotFolder, StringComparison.Ordinal) && artifact.EndsWith(PlotEnding, StringComparison.Ordinal)
            ? artifact[PlotFolder.Length..^PlotEnding.Length]
            : artifact;

    private static string Text<T>(T value) => value switch
    {
        null => "null",
        string text => text,
        bool flag => flag ? "true" : "false",
        IFormattable formattable => formattable.ToString(value is DateTime or DateTimeOffset ? "O" : null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Schema(DataFrame frame) => StoredJson.Text(writer =>
    {
        writer.WriteStartArray();
        foreach (var column in frame.Columns)
        {
            writer.WriteStartObject();
            writer.WriteString("name", column.Name);
            writer.WriteString("type", column.Type.ToString());
            writer.WriteNumber("nulls", column.NullCount);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });
}
