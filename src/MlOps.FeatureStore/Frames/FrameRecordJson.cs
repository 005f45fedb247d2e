using System.Text;
using System.Text.Json;

namespace MlOps.Features;

/// <summary>Options and commits of a saved frame as JSON.</summary>
internal static class FrameRecordJson
{
    public static string OptionsText(TrainingFrameOptions options) => Write(writer =>
    {
        writer.WriteString("known", options.Known.ToString());
        if (options.ServingLag is { } lag)
            writer.WriteNumber("servingLagMicroseconds", lag.Ticks / 10);
        if (options.StoreAsOf is { } moment)
            writer.WriteNumber("storeAsOf", moment.Microseconds);
    });

    public static TrainingFrameOptions Options(string text)
    {
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        return new TrainingFrameOptions
        {
            Known = Enum.Parse<KnownClock>(root.GetProperty("known").GetString()!),
            ServingLag = root.TryGetProperty("servingLagMicroseconds", out var lag) ? TimeSpan.FromMicroseconds(lag.GetInt64()) : null,
            StoreAsOf = root.TryGetProperty("storeAsOf", out var moment) ? new Timestamp(moment.GetInt64()) : null,
        };
    }

    public static string CommitsText(IReadOnlyDictionary<string, long> commits) => Write(writer =>
    {
        foreach (var (view, commit) in commits.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            writer.WriteNumber(view, commit);
    });

    public static Dictionary<string, long> Commits(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.EnumerateObject().ToDictionary(member => member.Name, member => member.Value.GetInt64(), StringComparer.Ordinal);
    }

    private static string Write(Action<Utf8JsonWriter> members)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
