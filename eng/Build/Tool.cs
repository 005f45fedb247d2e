using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace MlOps.Build;

/// <summary>Runs other programs.</summary>
internal static class Tool
{
    /// <summary>Runs a program on this console; returns its exit code.</summary>
    public static async Task<int> AttachedAsync(string program, string[] arguments, string folder, CancellationToken cancellationToken)
    {
        using var process = Start(program, arguments, folder, capture: false);
        await WaitAsync(process, cancellationToken);
        return process.ExitCode;
    }

    /// <summary>Runs a program and keeps what it prints.</summary>
    public static async Task<ToolResult> CapturedAsync(
        string program, string[] arguments, string folder, CancellationToken cancellationToken, TimeSpan? limit = null)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(limit ?? TimeSpan.FromMinutes(30));
        using var process = Start(program, arguments, folder, capture: true);
        var output = new StringBuilder();
        DataReceivedEventHandler keep = (_, e) =>
        {
            if (e.Data is null)
                return;
            lock (output)
                output.AppendLine(e.Data);
        };
        process.OutputDataReceived += keep;
        process.ErrorDataReceived += keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        bool timedOut = false;
        try
        {
            await WaitAsync(process, timeout.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            timedOut = true;
        }

        lock (output)
            return new ToolResult(timedOut ? -1 : process.ExitCode, output.ToString(), timedOut);
    }

    /// <summary>The full path of a program on the search path, or null.</summary>
    public static string? Find(params string[] names)
    {
        string[] endings = OperatingSystem.IsWindows() ? [".exe", ".cmd", ".bat"] : [""];
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return (from name in names
                from folder in folders
                from ending in endings
                let path = Path.Combine(folder, name + ending)
                where File.Exists(path)
                select path).FirstOrDefault();
    }

    private static Process Start(string program, string[] arguments, string folder, bool capture)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = capture,
            RedirectStandardError = capture,
        };
        // No build server outlives the command, and a child does not take over this one's SDK resolution.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        foreach (string name in start.Environment.Keys.Where(key => key.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)
                     && !key.Equals("MSBUILDDISABLENODEREUSE", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        try
        {
            return Process.Start(start) ?? throw new BuildException($"{program} did not start.");
        }
        catch (Win32Exception e)
        {
            throw new BuildException($"{program} could not be started: {e.Message}");
        }
    }

    private static async Task WaitAsync(Process process, CancellationToken cancellationToken)
    {
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }
    }
}
