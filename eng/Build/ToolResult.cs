namespace MlOps.Build;

/// <summary>How a program ended and what it printed.</summary>
internal sealed record ToolResult(int ExitCode, string Output, bool TimedOut)
{
    public bool Succeeded => ExitCode == 0;

    public string Tail(int lines) => string.Join(Environment.NewLine, Output.TrimEnd().Split('\n').TakeLast(lines).Select(line => line.TrimEnd('\r')));
}
