namespace MlOps.Features.Tests;

/// <summary>Definitions and rows in the shape of the flights sample, small and made up.</summary>
internal static class Flights
{
    public const long Minute = 60_000_000;
    public static readonly Timestamp Start = Timestamp.Utc(2000, 12, 1);

    public static FeatureService Service { get; } = FeatureService.Define("flight-delay").View("origin").View("destination").View("route").Build();

    public static FeatureView[] Views(int version = 1, int scale = 1) =>
    [
        Windowed(FeatureView.Define("origin").Version(version).Key("origin"), scale),
        Windowed(FeatureView.Define("destination").Version(version).Key("destination"), scale),
        Windowed(FeatureView.Define("route").Version(version).Key("origin").Key("destination"), scale),
    ];

    /// <summary>Flights in order of schedule; each becomes known when it has landed.</summary>
    public static DataFrame Rows(int count, int seed = 1, int first = 0)
    {
        var random = new Random(seed);
        var scheduled = new Timestamp[count];
        var known = new Timestamp[count];
        var origin = new string[count];
        var destination = new string[count];
        var delay = new float[count];
        var late = new bool[count];
        for (var i = 0; i < count; i++)
        {
            scheduled[i] = new Timestamp(Start.Microseconds + (first + i) * Minute);
            delay[i] = random.Next(-10, 60);
            late[i] = delay[i] > 15;
            known[i] = new Timestamp(scheduled[i].Microseconds + (60 + random.Next(240) + (int)delay[i]) * Minute);
            origin[i] = "A" + random.Next(5);
            destination[i] = "A" + random.Next(5);
        }

        return new DataFrame(
            DataColumn.Create("scheduled", scheduled), DataColumn.Create("known_at", known), DataColumn.Create("origin", origin),
            DataColumn.Create("destination", destination), DataColumn.Create("delay", delay), DataColumn.Create("late", late));
    }

    private static FeatureView Windowed(FeatureViewBuilder builder, int scale) => builder
        .EventTime("scheduled").AvailableAt("known_at")
        .Windows(FeatureWindow.Hours(1), FeatureWindow.Hours(24), FeatureWindow.Days(7))
        .Aggregate("delay", [AggregateFunction.Count, AggregateFunction.Mean], scale)
        .Aggregate("late", [AggregateFunction.Mean], scale: 1)
        .LastValue("delay", TimeSpan.FromHours(12), "last_delay")
        .Build();
}
