using System.Text.Json;

namespace MlOps.Monitoring;

/// <summary>The distributions of a model's inputs and score when it was trained; live windows are compared with it.</summary>
/// <param name="FormatVersion">The version of this format; 1.</param>
/// <param name="Columns">The input columns in the model's order, then the score when it was learnt.</param>
public sealed record ReferenceProfile(int FormatVersion, IReadOnlyList<ColumnReference> Columns)
{
    /// <summary>The name of the column that holds the model's score.</summary>
    public const string ScoreColumn = "score";

    /// <summary>The media type of a stored profile.</summary>
    public const string MediaType = "application/vnd.mlops.reference-profile.v1+json";

    /// <summary>Learns a profile from rows.</summary>
    /// <param name="names">The column names.</param>
    /// <param name="rows">Row-major values, <paramref name="names"/>.Count per row; NaN means missing.</param>
    /// <param name="scores">One score per row, or empty.</param>
    /// <param name="bins">At most so many bins a column.</param>
    /// <returns>The profile.</returns>
    public static ReferenceProfile Learn(IReadOnlyList<string> names, ReadOnlySpan<float> rows, ReadOnlySpan<float> scores = default, int bins = 64)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (names.Count == 0 || rows.Length == 0 || rows.Length % names.Count != 0)
            throw new InvalidInputException($"{rows.Length} values do not make whole rows of {names.Count} columns.");
        var count = rows.Length / names.Count;
        if (!scores.IsEmpty && scores.Length != count)
            throw new InvalidInputException($"There are {scores.Length} scores for {count} rows.");
        var columns = new List<ColumnReference>();
        var column = new float[count];
        for (var c = 0; c < names.Count; c++)
        {
            for (var r = 0; r < count; r++)
                column[r] = rows[r * names.Count + c];
            columns.Add(ColumnReference.Learn(names[c], column, bins));
        }

        if (!scores.IsEmpty)
            columns.Add(ColumnReference.Learn(ScoreColumn, scores, bins));
        return new ReferenceProfile(1, columns);
    }

    /// <summary>Learns a profile from columns of a frame.</summary>
    /// <param name="frame">The training data.</param>
    /// <param name="names">The columns of the model's input, in order; numbers or booleans. Null means missing.</param>
    /// <param name="scores">One score per row, or empty.</param>
    /// <param name="bins">At most so many bins a column.</param>
    /// <returns>The profile.</returns>
    public static ReferenceProfile Learn(DataFrame frame, IReadOnlyList<string> names, ReadOnlySpan<float> scores = default, int bins = 64)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(names);
        var rows = new float[(long)frame.RowCount * names.Count];
        frame.CopyTo(rows, [.. names]);
        return Learn(names, rows, scores, bins);
    }

    /// <summary>Writes the profile as JSON.</summary>
    /// <returns>UTF-8 bytes.</returns>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, MonitoringJson.Default.ReferenceProfile);

    /// <summary>Reads a profile.</summary>
    /// <param name="json">UTF-8 bytes.</param>
    /// <returns>The profile.</returns>
    /// <exception cref="CorruptDataException">The bytes are not a profile.</exception>
    public static ReferenceProfile FromJson(ReadOnlySpan<byte> json)
    {
        ReferenceProfile? profile;
        try
        {
            profile = JsonSerializer.Deserialize(json, MonitoringJson.Default.ReferenceProfile);
        }
        catch (JsonException error)
        {
            throw new CorruptDataException($"A reference profile cannot be read: {error.Message}", error);
        }

        if (profile is null || profile.FormatVersion != 1)
            throw new CorruptDataException($"A reference profile has format {profile?.FormatVersion.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"}; this version reads 1.");
        foreach (var column in profile.Columns)
        {
            if (column.Counts.Length != column.Edges.Length + 1)
                throw new CorruptDataException($"Column '{column.Name}' of a reference profile has {column.Edges.Length} edges and {column.Counts.Length} counts.");
        }

        return profile;
    }
}
