using System.Globalization;

namespace MlOps.Crash.Tests;

/// <summary>What one of several processes does to the model that all share; passed as its arguments.</summary>
internal sealed record RacePlan(string Directory, int Process, int Operations, PlantedBug Bug)
{
    public string[] ToArguments() =>
        ["race", Directory, Process.ToString(CultureInfo.InvariantCulture), Operations.ToString(CultureInfo.InvariantCulture), Bug.ToString()];

    public static RacePlan Parse(string[] arguments) => new(
        arguments[1], int.Parse(arguments[2], CultureInfo.InvariantCulture), int.Parse(arguments[3], CultureInfo.InvariantCulture), Enum.Parse<PlantedBug>(arguments[4]));
}
