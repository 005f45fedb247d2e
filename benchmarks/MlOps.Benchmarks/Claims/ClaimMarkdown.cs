using System.Text;

namespace MlOps.Benchmarks.Claims;

/// <summary>
/// Writes outcomes into a Markdown file, between two marker lines. A run of some claims keeps the others' last outcomes,
/// which stand in a JSON file of the same name beside it.
/// </summary>
internal static class ClaimMarkdown
{
    public const string Begin = "<!-- claims: begin; written by the claims command -->";
    public const string End = "<!-- claims: end -->";

    public static async Task UpdateAsync(
        string file, IReadOnlyList<ClaimOutcome> outcomes, IReadOnlyList<IClaim> claims, CancellationToken cancellationToken)
    {
        string store = Path.ChangeExtension(file, ".json");
        var byName = (await ClaimStore.ReadAsync(store, cancellationToken)).ToDictionary(outcome => outcome.Name, StringComparer.Ordinal);
        foreach (var outcome in outcomes)
            byName[outcome.Name] = outcome;
        ClaimOutcome[] merged = [.. claims.Where(claim => byName.ContainsKey(claim.Name)).Select(claim => byName[claim.Name])];

        string text = File.Exists(file) ? await File.ReadAllTextAsync(file, cancellationToken) : $"# Performance\n\n{Begin}\n{End}\n";
        string replaced = Replace(text.ReplaceLineEndings("\n"), Render(merged))
            ?? throw new InvalidDataException($"{file} has no line '{Begin}' followed by a line '{End}'. Add both where the claims shall stand.");
        await ClaimStore.WriteAsync(store, merged, cancellationToken);
        await File.WriteAllTextAsync(file, replaced, cancellationToken);
    }

    internal static string? Replace(string text, string section)
    {
        int begin = text.IndexOf(Begin, StringComparison.Ordinal);
        int end = begin < 0 ? -1 : text.IndexOf(End, begin, StringComparison.Ordinal);
        return end < 0 ? null : $"{text[..(begin + Begin.Length)]}\n{section}{text[end..]}";
    }

    internal static string Render(IReadOnlyList<ClaimOutcome> outcomes)
    {
        var text = new StringBuilder();
        foreach (var area in outcomes.GroupBy(outcome => outcome.Name[..outcome.Name.IndexOf('.', StringComparison.Ordinal)]))
        {
            text.Append($"\n### {area.Key}\n\n");
            AppendTable(
                text,
                ["claim", "what", "measured", "bound", "verdict"],
                area.Select(outcome => (IReadOnlyList<string>)[$"`{outcome.Name}`", outcome.What, outcome.Display, outcome.Bound, outcome.Verdict]));
            foreach (var detail in area.SelectMany(outcome => outcome.Details))
            {
                text.Append($"\n{detail.Title}\n\n");
                AppendTable(text, detail.Columns, detail.Rows);
            }
        }

        foreach (var machine in outcomes.GroupBy(outcome => (outcome.Machine, outcome.Date)).OrderBy(group => group.Key.Date))
            text.Append($"\nMeasured {machine.Key.Date:yyyy-MM-dd} on {machine.Key.Machine}: {string.Join(", ", machine.Select(outcome => outcome.Name))}.\n");
        return text.Append('\n').ToString();
    }

    private static void AppendTable(StringBuilder text, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        void Line(IEnumerable<string> cells) =>
            text.Append("| ").AppendJoin(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal))).Append(" |\n");

        Line(columns);
        Line(columns.Select(_ => "---"));
        foreach (var row in rows)
            Line(row);
    }
}
