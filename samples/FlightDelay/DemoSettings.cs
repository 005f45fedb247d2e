namespace FlightDelay;

/// <summary>The command line: <c>--data FILE --directory FOLDER --every N --plain</c>.</summary>
public sealed record DemoSettings(string Data, string Directory, int Every, bool Plain)
{
    public static DemoSettings Parse(string[] args)
    {
        string Value(string name, string fallback) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : fallback;
        return new DemoSettings(
            Path.GetFullPath(Value("--data", FindData())), Path.GetFullPath(Value("--directory", "demo")), int.Parse(Value("--every", "8")),
            args.Contains("--plain") || Console.IsOutputRedirected);
    }

    // The set-up puts the data below the repository's root.
    private static string FindData()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var file = Path.Combine(folder.FullName, ".deps", "data", "flights-3m.parquet");
            if (File.Exists(file))
                return file;
        }

        return "flights-3m.parquet";
    }
}
