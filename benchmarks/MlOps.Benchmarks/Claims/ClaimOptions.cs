namespace MlOps.Benchmarks.Claims;

/// <summary>The command line of <c>claims</c>.</summary>
internal sealed record ClaimOptions(IReadOnlyList<string> Filters, string? JsonFile, string? MarkdownFile, bool List)
{
    public static ClaimOptions? Parse(string[] args, out string? mistake)
    {
        var options = new ClaimOptions([], null, null, false);
        mistake = null;
        for (int i = 0; i < args.Length && mistake is null; i++)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            if (args[i] == "--list")
            {
                options = options with { List = true };
                continue;
            }

            if (args[i] is not ("--filter" or "--json" or "--markdown"))
                mistake = $"Unknown option '{args[i]}'. Known: --filter, --json, --markdown, --list.";
            else if (value is null)
                mistake = $"{args[i]} needs a value.";
            else
                options = args[i++] switch
                {
                    "--filter" => options with { Filters = value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) },
                    "--json" => options with { JsonFile = value },
                    _ => options with { MarkdownFile = value },
                };
        }

        return mistake is null ? options : null;
    }

    public bool Chooses(string name) =>
        Filters.Count == 0 || Filters.Any(filter => name.StartsWith(filter, StringComparison.OrdinalIgnoreCase));
}
