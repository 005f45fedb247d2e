using System.Globalization;

namespace MlOps.Crash.Tests;

/// <summary>What a child process is to do; passed as its arguments.</summary>
internal sealed record WorkPlan
{
    public required string Directory { get; init; }

    /// <summary>Counts the processes that worked on this store, so that values of different ones differ.</summary>
    public int Generation { get; init; }

    public int Workers { get; init; } = 4;

    /// <summary>Operations of each worker; the child is killed long before the default.</summary>
    public int Operations { get; init; } = int.MaxValue;

    /// <summary>Which operations, a letter each: uploads, versions, keyed versions, aliases, tags, deletions and restorations, runs, garbage.</summary>
    public string Mix { get; init; } = "uvkatdrg";

    /// <summary>The size of large blobs.</summary>
    public int LargeBytes { get; init; } = 3_000_000;

    public PlantedBug Bug { get; init; }

    public string[] ToArguments() =>
    [
        "registry", Directory, Text(Generation), Text(Workers), Text(Operations), Mix, Text(LargeBytes), Bug.ToString(),
    ];

    public static WorkPlan Parse(string[] arguments) => new()
    {
        Directory = arguments[1],
        Generation = Number(arguments[2]),
        Workers = Number(arguments[3]),
        Operations = Number(arguments[4]),
        Mix = arguments[5],
        LargeBytes = Number(arguments[6]),
        Bug = Enum.Parse<PlantedBug>(arguments[7]),
    };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
