using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MlOps.Serving.Trial;

/// <summary>
/// Answers each request of three lines (path, SHA-256, path of an example or nothing) by one line of JSON. The first line out says that
/// the limits hold. Ends with its input, so that it never outlives the process that started it.
/// </summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments.Length != 2 || !long.TryParse(arguments[0], NumberStyles.None, CultureInfo.InvariantCulture, out var memoryBytes)
            || !int.TryParse(arguments[1], NumberStyles.None, CultureInfo.InvariantCulture, out var processorSeconds))
        {
            Console.Error.WriteLine("Started by MlOps.Serving: MlOps.Serving.Trial <memory bytes> <processor seconds, 0 for no limit>");
            return 2;
        }

        using var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false), false, 4096);
        using var output = Console.OpenStandardOutput();
        ModelTrial.Prepare();
        var limited = ProcessLimits.Apply(memoryBytes, processorSeconds);
        Answer(output, json =>
        {
            json.WriteBoolean("ready", true);
            json.WriteBoolean("limited", limited);
        });
        while (input.ReadLine() is { } path && input.ReadLine() is { } digest && input.ReadLine() is { } example)
        {
            var (verdict, message) = ModelTrial.Try(path, digest, example);
            Answer(output, json =>
            {
                json.WriteString("verdict", verdict);
                json.WriteString("message", message);
                json.WriteNumber("peak", ProcessLimits.PeakBytes());
            });
        }

        return 0;
    }

    private static void Answer(Stream output, Action<Utf8JsonWriter> write)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        output.Write(line.GetBuffer(), 0, (int)line.Length);
        output.Flush();
    }
}
