using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace MlOps.Serving;

/// <summary>A child process that tries model files one after the other, and is killed when one takes too long or too much. Not thread-safe.</summary>
internal sealed class TrialChild : IDisposable
{
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan WatchPeriod = TimeSpan.FromMilliseconds(20);
    private readonly Process _process;
    private readonly Task<string> _errors;
    private readonly long _memoryBytes;
    private long _ownBytes;
    private bool _limited;

    private TrialChild(Process process, long memoryBytes)
    {
        _process = process;
        _memoryBytes = memoryBytes;
        _errors = DrainAsync(process.StandardError);
    }

    /// <summary>Whether it has died or was killed; what is tried next needs another one.</summary>
    public bool IsGone { get; private set; }

    /// <summary>Starts a child and waits until its limits hold.</summary>
    /// <returns>The child, or null and why it cannot be had.</returns>
    public static async Task<(TrialChild? Child, string Why)> StartAsync(TrialCommand command, long memoryBytes, int processorSeconds, CancellationToken cancellationToken)
    {
        TrialChild child;
        try
        {
            child = new TrialChild(command.Start(memoryBytes, processorSeconds), memoryBytes);
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or PlatformNotSupportedException)
        {
            return (null, $"no child process can be started: {e.Message}");
        }

        try
        {
            var line = await child._process.StandardOutput.ReadLineAsync(cancellationToken).AsTask().WaitAsync(StartTime, cancellationToken).ConfigureAwait(false);
            using var ready = line is null ? null : JsonDocument.Parse(line);
            if (ready?.RootElement.TryGetProperty("ready", out _) == true)
            {
                child._limited = ready.RootElement.GetProperty("limited").GetBoolean();
                child._process.Refresh();
                child._ownBytes = child._process.WorkingSet64;
                return (child, "");
            }
        }
        catch (Exception e) when (e is TimeoutException or JsonException or InvalidOperationException or IOException)
        {
        }
        catch
        {
            child.Dispose();
            throw;
        }

        var why = await child.EndAsync().ConfigureAwait(false);
        child.Dispose();
        return (null, $"the child process does not start ({why})");
    }

    /// <summary>Tries a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="sha256">Its hash in hexadecimal digits.</param>
    /// <param name="examplePath">The example to run, or nothing.</param>
    /// <param name="time">The processor time that it may take.</param>
    /// <param name="clock">The time by the clock after which it ends in any case.</param>
    /// <param name="cancellationToken">Cancels; the child is gone then.</param>
    /// <returns>What came of it.</returns>
    public async Task<TrialAnswer> TryAsync(string path, string sha256, string examplePath, TimeSpan time, TimeSpan clock, CancellationToken cancellationToken)
    {
        var begin = Stopwatch.GetTimestamp();
        var processorBefore = ProcessorTime();
        try
        {
            await _process.StandardInput.WriteAsync($"{path}\n{sha256}\n{examplePath}\n".AsMemory(), cancellationToken).ConfigureAwait(false);
            await _process.StandardInput.FlushAsync(cancellationToken).ConfigureAwait(false);
            var answer = _process.StandardOutput.ReadLineAsync(cancellationToken).AsTask();
            while (await Task.WhenAny(answer, Task.Delay(WatchPeriod, cancellationToken)).ConfigureAwait(false) != answer)
            {
                cancellationToken.ThrowIfCancellationRequested();

                var used = ProcessorTime() - processorBefore;
                if (used > time)
                    return await KillAsync(false, $"it was not done after {used.TotalSeconds:F1} s of processor time").ConfigureAwait(false);

                // A child that did not get the time that it may have is not the file's fault.
                if (Stopwatch.GetElapsedTime(begin) > clock)
                {
                    return await KillAsync(false, $"it was not done after {Stopwatch.GetElapsedTime(begin).TotalSeconds:F1} s, of which the busy machine gave it {used.TotalSeconds:F1} s").ConfigureAwait(false)
                        with { IsFinal = used > time / 2 };
                }

                if (!_limited && WorkingSet() - _ownBytes > _memoryBytes)
                    return await KillAsync(false, "it needs more memory than a trial may have").ConfigureAwait(false);
            }

            if (await answer.ConfigureAwait(false) is { } line)
            {
                using var document = JsonDocument.Parse(line);
                var root = document.RootElement;
                var message = root.GetProperty("message").GetString() ?? "";
                var peak = root.GetProperty("peak").GetInt64();
                return root.GetProperty("verdict").GetString() switch
                {
                    "ran" => new TrialAnswer(true, message, peak),
                    "loaded" => new TrialAnswer(true, $"it loads, but does not run on made-up values: {message}", peak),
                    "memory" => new TrialAnswer(false, message, peak),
                    _ => new TrialAnswer(false, $"ONNX Runtime refuses it: {message}", peak),
                };
            }
        }
        catch (Exception e) when (e is IOException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            // A child that dies while it is written to, or answers nonsense, is judged as one that dies.
        }
        catch
        {
            Kill();
            throw;
        }

        return await KillAsync(true, "").ConfigureAwait(false);
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    private static async Task<string> DrainAsync(StreamReader reader)
    {
        // Only the beginning is told; the rest is read so that the child is not held up.
        var kept = new char[400];
        var rest = new char[4096];
        var length = 0;
        try
        {
            while (true)
            {
                var count = await reader.ReadAsync(length < kept.Length ? kept.AsMemory(length) : rest).ConfigureAwait(false);
                if (count == 0)
                    break;
                length = Math.Min(kept.Length, length + count);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
        }

        return new string(kept, 0, length).ReplaceLineEndings(" ").Trim();
    }

    private async Task<TrialAnswer> KillAsync(bool died, string why)
    {
        if (!died)
            Kill();
        var how = await EndAsync().ConfigureAwait(false);
        return new TrialAnswer(false, died ? $"the process that tried it died ({how})" : why, 0);
    }

    private async Task<string> EndAsync()
    {
        // A dying process has closed its output already; its exit code follows at once.
        try
        {
            if (!IsGone)
                await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMilliseconds(500)).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
        }

        Kill();
        try
        {
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(false);
            var code = _process.ExitCode;
            var text = await _errors.WaitAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(false);
            return (code > 128 ? $"signal {code - 128}" : $"exit code {code}") + (text.Length == 0 ? "" : $", {text}");
        }
        catch (TimeoutException)
        {
            return "it did not end";
        }
    }

    private void Kill()
    {
        IsGone = true;
        try
        {
            _process.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
        }
    }

    private TimeSpan ProcessorTime()
    {
        try
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            return TimeSpan.Zero;
        }
    }

    private long WorkingSet()
    {
        try
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            return 0;
        }
    }
}
