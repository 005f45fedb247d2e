using System.Text.Json;

namespace MlOps.Registry;

/// <summary>The profile of a dataset as JSON.</summary>
internal static class ProfileJson
{
    public const string MediaType = "application/vnd.mlops.profile.v1+json";

    public static byte[] Write(DataProfile profile) => StoredJson.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("rows", profile.Rows);
        writer.WriteStartArray("columns");
        foreach (var column in profile.Columns)
            Write(writer, column);
        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    private static void Write(Utf8JsonWriter writer, ColumnProfile column)
    {
        writer.WriteStartObject();
        writer.WriteString("name", column.Name);
        writer.WriteString("type", column.Type.ToString());
        writer.WriteNumber("missing", column.Missing);
        writer.WriteNumber("distinct", column.Distinct);
        if (column.Numbers is { } numbers)
        {
            writer.WriteStartObject("numbers");
            writer.WriteNumber("count", numbers.Count);
            StoredJson.WriteDouble(writer, "mean", numbers.Mean);
            StoredJson.WriteDouble(writer, "standardDeviation", numbers.StandardDeviation);
            StoredJson.WriteDouble(writer, "min", numbers.Min);
            StoredJson.WriteDouble(writer, "p25", numbers.P25);
            StoredJson.WriteDouble(writer, "median", numbers.Median);
            StoredJson.WriteDouble(writer, "p75", numbers.P75);
            StoredJson.WriteDouble(writer, "max", numbers.Max);
            writer.WriteEndObject();
        }

        if (column.Frequent.Count > 0)
        {
            writer.WriteStartArray("frequent");
            foreach (var (value, count) in column.Frequent)
            {
                writer.WriteStartObject();
                writer.WriteString("value", value);
                writer.WriteNumber("count", count);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
