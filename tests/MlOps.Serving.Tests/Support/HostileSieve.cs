using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace MlOps.Serving.Tests;

/// <summary>
/// Decides about many files as admission does, the walk in this process and the trial in a child, which takes one file after the other
/// and is exchanged when it dies. What passes is loaded and run in this process.
/// </summary>
internal sealed class HostileSieve(string folder, ModelAdmissionOptions options) : IDisposable
{
    private const int FilesPerChild = 2000;
    private readonly TrialCommand _command = TrialCommand.Find(folder, out var why) ?? throw new InvalidOperationException($"No child process: {why}");
    private readonly string _path = Path.Combine(folder, "candidate.onnx");
    private TrialChild? _child;
    private int _tried;

    /// <summary>Children that were started.</summary>
    public int Children { get; private set; }

    /// <summary>The longest that one decision took, without the start of children.</summary>
    public TimeSpan Longest { get; set; }

    /// <summary>Where the file's way ended: "walk", "trial", "proven" (passed without a trial) or "passed"; and why.</summary>
    public async Task<(string End, string Why)> DecideAsync(byte[] file)
    {
        var begin = Stopwatch.GetTimestamp();
        try
        {
            if (ModelAdmission.Check(file, options))
                return ("proven", "");
        }
        catch (InvalidInputException e)
        {
            return ("walk", e.Message);
        }
        finally
        {
            Note(begin);
        }

        if (_child is null || _child.IsGone || ++_tried % FilesPerChild == 0)
        {
            _child?.Dispose();
            (_child, var why) = await TrialChild.StartAsync(_command, options.TrialMemoryBytes, 0, CancellationToken.None);
            if (_child is null)
                throw new InvalidOperationException(why);
            Children++;
        }

        await File.WriteAllBytesAsync(_path, file);
        begin = Stopwatch.GetTimestamp();
        var answer = await _child.TryAsync(_path, Convert.ToHexStringLower(SHA256.HashData(file)), "", options.TrialTime, options.TrialTime * 1.6, CancellationToken.None);
        Note(begin);
        return (answer.Passed ? "passed" : "trial", answer.Message);
    }

    /// <summary>Loads and runs a file in this process; errors of ONNX Runtime are answers, too.</summary>
    /// <returns>Whether it was loaded.</returns>
    public static bool LoadHere(byte[] file)
    {
        var loaded = false;
        try
        {
            using var sessionOptions = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            using var session = new InferenceSession(file, sessionOptions);
            loaded = true;
            if (session.InputMetadata.Values.Any(input => !input.IsTensor || input.ElementDataType == TensorElementType.String))
                return true;
            var inputs = session.InputNames.Select(name => MadeUp(session.InputMetadata[name])).ToList();
            try
            {
                using var run = new RunOptions();
                using var outputs = session.Run(run, session.InputNames, inputs, session.OutputNames);
            }
            finally
            {
                inputs.ForEach(input => input.Dispose());
            }
        }
        catch (OnnxRuntimeException)
        {
        }

        return loaded;
    }

    public void Dispose() => _child?.Dispose();

    private void Note(long begin) => Longest = Stopwatch.GetElapsedTime(begin) is var elapsed && elapsed > Longest ? elapsed : Longest;

    private static OrtValue MadeUp(NodeMetadata input)
    {
        var value = OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance, input.ElementDataType, Array.ConvertAll(input.Dimensions, dimension => dimension < 0 ? 1L : dimension));
        var bytes = value.GetTensorMutableRawData();
        bytes.Clear();
        if (input.ElementDataType == TensorElementType.Float)
            MemoryMarshal.Cast<byte, float>(bytes).Fill(0.5f);
        else if (input.ElementDataType == TensorElementType.Int64)
            MemoryMarshal.Cast<byte, long>(bytes).Fill(1);
        return value;
    }
}
