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

    private ChildProcess(string program, string[] arguments, params string[] under)
    {
        var host = Environment.ProcessPath is { } own && Path.GetFileNameWithoutExtension(own) == "dotnet" ? own : "dotnet";
        var start = new ProcessStartInfo(under is [var first, ..] ? first : host)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in under.Skip(1))
            start.ArgumentList.Add(argument);
        if (under.Length > 0)
            start.ArgumentList.Add(host);
        start.ArgumentList.Add(program);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        Errors = _process.StandardError.ReadToEndAsync();
    }

    public static ChildProcess Run(string program, params string[] arguments) => new(program, arguments);

    /// <summary>This assembly under another program that starts it, such as strace.</summary>
    public static ChildProcess Under(string[] program, params string[] arguments) => new(typeof(ChildProcess).Assembly.Location, arguments, program);

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
