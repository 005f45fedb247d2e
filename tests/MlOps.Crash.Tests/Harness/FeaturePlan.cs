using System.Globalization;

namespace MlOps.Crash.Tests;

/// <summary>What a child process does to a feature store; passed as its arguments.</summary>
internal sealed record FeaturePlan(string Directory, PlantedBug Bug)
{
    public string[] ToArguments() => ["features", Directory, Bug.ToString()];

    public static FeaturePlan Parse(string[] arguments) => new(arguments[1], Enum.Parse<PlantedBug>(arguments[2]));

    /// <summary>The number at the end of a line of the form <c>W 1 20 .</c>; null when the kill cut the line off.</summary>
    public static long[]? Numbers(string line) =>
        line.EndsWith(" .", StringComparison.Ordinal) ? [.. line[..^2].Split(' ').Skip(1).Select(text => long.Parse(text, CultureInfo.InvariantCulture))] : null;
}
