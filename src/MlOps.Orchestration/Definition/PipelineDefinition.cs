using System.Text;
using System.Text.Json;

namespace MlOps.Orchestration;

/// <summary>A pipeline's graph, as data. Stored with each run, so that a run explains itself when the code is gone.</summary>
public sealed record PipelineDefinition
{
    /// <summary>The pipeline's name.</summary>
    public required string Name { get; init; }

    /// <summary>The name of the input's type.</summary>
    public required string Input { get; init; }

    /// <summary>The steps in the order of their declaration.</summary>
    public required IReadOnlyList<StepDefinition> Steps { get; init; }

    /// <summary>The graph as a Mermaid flow chart.</summary>
    /// <returns>The text.</returns>
    public string ToMermaid()
    {
        var text = new StringBuilder("flowchart TD\n  input([\"").Append(Escape(Input)).Append("\"])\n");
        var index = new Dictionary<string, string>(StringComparer.Ordinal) { [PipelineCompilation.InputName] = "input" };
        for (var i = 0; i < Steps.Count; i++)
        {
            var (open, close) = Steps[i].Kind switch
            {
                StepKind.Decision => ("{\"", "\"}"),
                StepKind.Join => ("((\"", "\"))"),
                _ => ("[\"", "\"]"),
            };
            index[Steps[i].Name] = $"s{i}";
            text.Append("  s").Append(i).Append(open).Append(Escape(Steps[i].Name)).Append(close).Append('\n');
        }

        foreach (var step in Steps)
        {
            foreach (var input in step.Inputs.Distinct())
                text.Append("  ").Append(index[input]).Append(" --> ").Append(index[step.Name]).Append('\n');
            foreach (var after in step.After)
                text.Append("  ").Append(index[after]).Append(" -.-> ").Append(index[step.Name]).Append('\n');
            if (step.Condition is not null)
                text.Append("  ").Append(index[step.Condition]).Append(step.Expected ? " -->|yes| " : " -->|no| ").Append(index[step.Name]).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The graph as JSON.</summary>
    /// <returns>The text.</returns>
    public string ToJson() => JsonSerializer.Serialize(this, OrchestrationJson.Default.PipelineDefinition);

    private static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("\"", "&quot;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}
