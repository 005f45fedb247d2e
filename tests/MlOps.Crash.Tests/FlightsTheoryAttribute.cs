namespace MlOps.Crash.Tests;

/// <summary>A test on the flights that the set-up fetches; skipped, and said so, where they are not there.</summary>
internal sealed class FlightsTheoryAttribute : TheoryAttribute
{
    public FlightsTheoryAttribute()
    {
        if (!File.Exists(Data))
            Skip = "flights-3m.parquet is not there: run 'dotnet run build.cs setup'.";
    }

    public static string Data { get; } = Path.Combine(AppContext.BaseDirectory, "flights-3m.parquet");
}
