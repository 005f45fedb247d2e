using System.Xml.Linq;

namespace MlOps.Build;

/// <summary>What one test project's run came to, read from its trx file and its exit code.</summary>
internal sealed record TestOutcome(string Project, int Passed, int Skipped, IReadOnlyList<TestFailure> Failures, TimeSpan Duration)
{
    public static TestOutcome Read(string project, string trx, ToolResult run, TimeSpan duration)
    {
        int passed = 0;
        int skipped = 0;
        var failures = new List<TestFailure>();
        if (File.Exists(trx))
        {
            foreach (var result in XDocument.Load(trx).Descendants().Where(element => element.Name.LocalName == "UnitTestResult"))
            {
                switch ((string?)result.Attribute("outcome"))
                {
                    case "Passed":
                        passed++;
                        break;
                    case "NotExecuted":
                        skipped++;
                        break;
                    default:
                        failures.Add(new TestFailure((string?)result.Attribute("testName") ?? project, Text(result, "Message"), Stack(Text(result, "StackTrace"))));
                        break;
                }
            }
        }

        // A crash or a time-out leaves a trx without a failed test, or none at all.
        if (run.TimedOut)
            failures.Add(new TestFailure(project, "stopped: it ran past its time limit", run.Excerpt(30)));
        else if (!run.Succeeded && failures.Count == 0)
            failures.Add(new TestFailure(project, $"the test host failed with exit code {run.ExitCode}", run.Excerpt(30)));
        return new TestOutcome(project, passed, skipped, failures, duration);
    }

    public void Print()
    {
        Console.WriteLine($"{(Failures.Count == 0 ? "ok    " : "FAILED")} {Project,-28} {Passed,5} passed {Failures.Count,3} failed {Skipped,3} skipped {Duration.TotalSeconds,7:F1} s");
        foreach (var failure in Failures)
            Console.WriteLine($"       {failure.Test}{Environment.NewLine}{Indent(failure.Message)}{Environment.NewLine}{Indent(failure.Details)}");
    }

    private static string Text(XElement result, string name) =>
        result.Descendants().FirstOrDefault(element => element.Name.LocalName == name)?.Value.Trim() ?? "";

    /// <summary>Without the assertion library's own frames, which say nothing about the test.</summary>
    private static string Stack(string trace) =>
        string.Join('\n', trace.Split('\n').Where(line => !line.Contains("at FluentAssertions.", StringComparison.Ordinal)
            && !line.Contains("at System.Reflection.", StringComparison.Ordinal) && !line.Contains("at InvokeStub_", StringComparison.Ordinal)));

    private static string Indent(string text) =>
        string.Join(Environment.NewLine, text.Split('\n').Select(line => "         " + line.TrimEnd('\r')));
}
