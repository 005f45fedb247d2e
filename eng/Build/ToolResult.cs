namespace MlOps.Build;

/// <summary>How a program ended and what it printed.</summary>
internal sealed record ToolResult(int ExitCode, string Output, bool TimedOut)
{
    public bool Succeeded => ExitCode == 0;

    public string Tail(int lines) => string.Join(Environment.NewLine, Lines.TakeLast(lines));

    /// <summary>The beginning and the end: a crash says its reason first, then prints a long stack.</summary>
    public string Excerpt(int lines) =>
        Lines.Length <= lines ? Tail(lines) : string.Join(Environment.NewLine, [.. Lines.Take(lines / 2), "...", .. Lines.TakeLast(lines / 2)]);

    private string[] Lines => [.. Output.Trim().Split('\n').Select(line => line.TrimEnd('\r'))];
}
