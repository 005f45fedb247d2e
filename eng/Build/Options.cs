namespace MlOps.Build;

/// <summary>Command-line options, checked against the ones a command knows.</summary>
internal sealed class Options
{
    private readonly Dictionary<string, string?> _given = new(StringComparer.Ordinal);

    public Options(string[] args, string[] flags, string[] values)
    {
        for (int i = 0; i < args.Length; i++)
        {
            if (flags.Contains(args[i]))
                _given[args[i]] = null;
            else if (values.Contains(args[i]))
                _given[args[i]] = i + 1 < args.Length ? args[++i] : throw new BuildException($"{args[i]} needs a value.");
            else
                throw new BuildException($"Unknown option '{args[i]}'. Known here: {string.Join(", ", [.. flags, .. values])}.");
        }
    }

    public bool Has(string flag) => _given.ContainsKey(flag);

    public string? Value(string name) => _given.GetValueOrDefault(name);
}
