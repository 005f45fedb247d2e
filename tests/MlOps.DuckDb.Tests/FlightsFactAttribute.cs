namespace MlOps.DuckDb.Tests;

/// <summary>A test that reads flights-3m.parquet; skipped with the reason where the file is absent.</summary>
public sealed class FlightsFactAttribute : FactAttribute
{
    public FlightsFactAttribute()
    {
        if (Path is null)
            Skip = "flights-3m.parquet is not in .deps/data: run the set-up, or unpack it from the npm package vega-datasets 3.2.1.";
    }

    public static string? Path { get; } = Find();

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var file = System.IO.Path.Combine(folder.FullName, ".deps", "data", "flights-3m.parquet");
            if (File.Exists(file))
                return file;
        }

        return null;
    }
}
