using System.Diagnostics;

namespace MlOps.Crash.Tests;

/// <summary>A .NET program in a process of its own; this assembly's standard output is the list of what it acknowledged.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;

    public ChildProcess(params string[] arguments)
        : this(typeof(ChildProcess).Assembly.Location, arguments)
    {
    }

    private ChildProcess(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add(program);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        Errors = _process.StandardError.ReadToEndAsync();
    }

    public static ChildProcess Run(string program, params string[] arguments) => new(program, arguments);

    public StreamReader Output => _process.StandardOutput;

    public Task<string> Errors { get; }

    /// <summary>SIGKILL: no handler runs, nothing is flushed.</summary>
    public void Kill() => _process.Kill();

    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
