using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace MlOps.Serving.Trial;

/// <summary>Loads one model as the host would and runs it once, and on its stored example if it has one.</summary>
internal static class ModelTrial
{
    private const int LargestMessage = 600;
    private const int ExampleRows = 16;

    /// <summary>Loads the native library, whose memory is not the model's.</summary>
    public static void Prepare()
    {
        var environment = OrtEnv.Instance();
        environment.EnvLogLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
        environment.DisableTelemetryEvents();
    }

    /// <summary>Tries a file.</summary>
    /// <returns>"ran", "loaded" (it runs on other inputs than those that could be made up, or not at all), "refused" or "memory"; and why.</returns>
    public static (string Verdict, string Message) Try(string path, string digest, string example)
    {
        var loaded = false;
        try
        {
            var bytes = File.ReadAllBytes(path);
            if (!Convert.ToHexStringLower(SHA256.HashData(bytes)).Equals(digest, StringComparison.Ordinal))
                return ("refused", "the file changed while it was tried");
            using var options = Options();
            using var session = new InferenceSession(bytes, options);
            loaded = true;
            if (session.InputMetadata.Values.Any(input => !input.IsTensor))
                return ("loaded", "it takes sequences, maps or optional values, which are not made up for a trial");
            Run(session, name => MadeUp(session.InputMetadata[name]));
            return ("ran", example.Length > 0 ? RunExample(session, example) : "");
        }
        catch (Exception e) when (e is OutOfMemoryException or InsufficientExecutionStackException || IsAllocation(e.Message))
        {
            return ("memory", $"{(loaded ? "its first run" : "loading it")} needs more memory than a trial may have");
        }
        catch (Exception e)
        {
            return (loaded ? "loaded" : "refused", Shorten(e.Message));
        }
    }

    private static SessionOptions Options()
    {
        var options = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        return options;
    }

    private static void Run(InferenceSession session, Func<string, OrtValue> input)
    {
        var values = new List<OrtValue>();
        try
        {
            foreach (var name in session.InputNames)
                values.Add(input(name));
            using var options = new RunOptions();
            using var outputs = session.Run(options, session.InputNames, values, session.OutputNames);
        }
        finally
        {
            foreach (var value in values)
                value.Dispose();
        }
    }

    // One row, one step: what is symbolic counts as 1. Fractions and ones keep divisions, logarithms and look-ups inside their domains.
    private static OrtValue MadeUp(NodeMetadata input)
    {
        var shape = Array.ConvertAll(input.Dimensions, dimension => dimension < 0 ? 1L : dimension);
        if (input.ElementDataType == TensorElementType.String)
            return OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape);
        var value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, input.ElementDataType, shape);
        var bytes = value.GetTensorMutableRawData();
        bytes.Clear();
        switch (input.ElementDataType)
        {
            case TensorElementType.Float:
                MemoryMarshal.Cast<byte, float>(bytes).Fill(0.5f);
                break;
            case TensorElementType.Double:
                MemoryMarshal.Cast<byte, double>(bytes).Fill(0.5);
                break;
            case TensorElementType.Int64:
                MemoryMarshal.Cast<byte, long>(bytes).Fill(1);
                break;
            case TensorElementType.Int32:
                MemoryMarshal.Cast<byte, int>(bytes).Fill(1);
                break;
        }

        return value;
    }

    // The host compares the scores; here it is only a run on values that somebody meant.
    private static string RunExample(InferenceSession session, string path)
    {
        if (session.InputNames.Count != 1 || session.InputMetadata[session.InputNames[0]] is not { ElementDataType: TensorElementType.Float, Dimensions.Length: >= 2 } input)
            return "its example was not run: the model takes other inputs than rows of floats";
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var rows = document.RootElement.EnumerateObject().First(member => member.Name.Equals("input", StringComparison.OrdinalIgnoreCase)).Value;
            var count = 0;
            foreach (var row in rows.EnumerateArray().Take(ExampleRows))
            {
                float[] values = [.. row.EnumerateArray().Select(Number)];
                var shape = Array.ConvertAll(input.Dimensions, dimension => dimension < 0 ? 1L : dimension);
                if (shape.Aggregate(1L, (product, dimension) => product * dimension) != values.Length)
                    return $"its example was not run: row {count + 1} has {values.Length.ToString(CultureInfo.InvariantCulture)} features";
                Run(session, _ => OrtValue.CreateTensorValueFromMemory(values, shape));
                count++;
            }

            return "";
        }
        catch (Exception e) when (!IsAllocation(e.Message) && e is not OutOfMemoryException)
        {
            return "its example was not run: " + Shorten(e.Message);
        }
    }

    private static float Number(JsonElement element) =>
        element.ValueKind == JsonValueKind.Number ? element.GetSingle() : float.Parse(element.GetString()!, NumberStyles.Float, CultureInfo.InvariantCulture);

    private static bool IsAllocation(string message) =>
        message.Contains("bad_alloc", StringComparison.Ordinal) || message.Contains("Failed to allocate memory", StringComparison.Ordinal)
        || message.Contains("bad_array_new_length", StringComparison.Ordinal) || message.Contains("exceeds the supported maximum", StringComparison.Ordinal);

    private static string Shorten(string message) => message.Length <= LargestMessage ? message : message[..LargestMessage] + "...";
}
