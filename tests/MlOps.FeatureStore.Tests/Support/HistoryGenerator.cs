namespace MlOps.Features.Tests;

/// <summary>Draws small hostile histories: ties, late and early knowledge, nulls, NaN, times on and beside every edge.</summary>
internal sealed class HistoryGenerator(int seed)
{
    private const long Minute = 60_000_000;
    private static readonly (int Length, int Hop)[] Windows = [(5, 5), (7, 3), (60, 5), (61, 7), (90, 60), (1440, 60), (240, 30), (30, 30)];
    private readonly long _origin = (seed % 3 - 1) * 1_000_000 * Minute;

    public Random Random { get; } = new(seed);

    public FeatureView View(string name = "view", TimeSpan lag = default)
    {
        var builder = FeatureView.Define(name).Key("k1").EventTime("at").Lag(lag);
        if (Random.Next(4) != 0)
            builder.Key("k2");
        if (Random.Next(5) != 0)
            builder.AvailableAt("known");
        if (Random.Next(6) == 0)
            builder.Upsert();
        var kind = Random.Next(6);
        if (kind != 0)
        {
            builder.Windows(DrawWindows())
                .Aggregate("delay", DrawFunctions(), scale: Random.Next(2) == 0 ? 1 : 100, type: Random.Next(3) == 0 ? DataType.Float64 : DataType.Float32)
                .Aggregate("late", [AggregateFunction.Mean], scale: 1);
            if (Random.Next(3) == 0)
                builder.Aggregate("label", [FeatureAggregate.DistinctCount(16)], windows: DrawWindows());
            if (Random.Next(3) == 0)
                builder.Aggregate("number", [AggregateFunction.Variance, AggregateFunction.Max], scale: 1, type: DataType.Float64, windows: DrawWindows());
            if (Random.Next(3) == 0)
                builder.Aggregate("level", [FeatureAggregate.LastN(Random.Next(1, 5))], type: Random.Next(2) == 0 ? DataType.Float64 : DataType.Float32, windows: DrawWindows());
        }

        if (kind is 0 or 1 or 2)
        {
            TimeSpan? ttl = Random.Next(3) == 0 ? null : TimeSpan.FromMinutes(Random.Next(1, 200));
            builder.LastValue("level", ttl, "plain", Random.Next(2) == 0 ? DataType.Float64 : DataType.Float32);
            if (Random.Next(2) == 0)
                builder.LastValue("label", Random.Next(2) == 0 ? ttl : null, "text", DataType.String).LastValue("number", ttl, "integer", DataType.Int64);
            if (Random.Next(3) == 0)
                builder.LastValue("late", ttl, "flag", DataType.Boolean).LastValue("seen", null, "moment", DataType.Timestamp);
        }

        return builder.Build();
    }

    private FeatureWindow[] DrawWindows() =>
    [
        .. Windows.OrderBy(_ => Random.Next()).Take(Random.Next(1, 4)).Select(window => new FeatureWindow(TimeSpan.FromMinutes(window.Length), TimeSpan.FromMinutes(window.Hop))),
        .. Random.Next(4) == 0 ? [FeatureWindow.Tumbling(TimeSpan.FromMinutes(Random.Next(2) == 0 ? 60 : 7))] : Array.Empty<FeatureWindow>(),
        .. Random.Next(5) == 0 ? [FeatureWindow.Lifetime] : Array.Empty<FeatureWindow>(),
    ];

    private FeatureAggregate[] DrawFunctions()
    {
        FeatureAggregate[] all =
        [
            AggregateFunction.Count, AggregateFunction.Sum, AggregateFunction.Mean, AggregateFunction.Min, AggregateFunction.Max, AggregateFunction.Variance,
            AggregateFunction.StandardDeviation, FeatureAggregate.LastN(Random.Next(1, 4)), FeatureAggregate.DistinctCount(16), FeatureAggregate.Quantile(0.5), FeatureAggregate.Quantile(0.95),
        ];
        return [.. all.OrderBy(_ => Random.Next()).Take(Random.Next(1, 6))];
    }

    public List<RawRow> Rows(int most)
    {
        var rows = new List<RawRow>();
        var count = Random.Next(0, most);
        var span = Random.Next(3) switch { 0 => 20, 1 => 300, _ => 4000 };
        for (var i = 0; i < count; i++)
        {
            if (rows.Count > 0 && Random.Next(6) == 0)
            {
                // Another row of the same entity and moment, sometimes the very same row.
                var other = rows[Random.Next(rows.Count)];
                rows.Add(Random.Next(2) == 0 ? other : other with { Level = Random.Next(100), Delay = Random.Next(100) });
                continue;
            }

            var at = Moment(span);
            long? known = Random.Next(6) switch
            {
                0 => null,
                1 => at,
                2 => at - Random.Next(1, 30) * Minute,
                3 => at + Random.Next(1, 2000) * Minute,
                _ => at + Random.Next(0, 120) * Minute + Random.Next(3) - 1,
            };
            rows.Add(new RawRow(
                Key(), Key(), at, known,
                Random.Next(8) switch { 0 => null, 1 => double.NaN, 2 => Random.Next(-500, 500) / 8.0, _ => Random.Next(-60, 300) },
                Random.Next(6) == 0 ? null : Random.Next(2) == 0,
                Random.Next(8) switch { 0 => null, 1 => double.NaN, _ => Random.Next(1000) / 7.0 },
                Random.Next(6) == 0 ? null : "label " + Random.Next(Random.Next(2) == 0 ? 3 : 60),
                Random.Next(6) switch { 0 => null, 1 => long.MaxValue >> 14, 2 => -(long.MaxValue >> 14), _ => Random.Next(-50, 50) }));
        }

        return rows;
    }

    public string Key() => "ABC"[Random.Next(Random.Next(1, 4))].ToString();

    /// <summary>A moment to ask about: anywhere, or on, just before or just after something that matters.</summary>
    public long Question(FeatureView view, List<RawRow> rows)
    {
        var about = rows.Count > 0 && Random.Next(4) != 0 ? rows[Random.Next(rows.Count)] : null;
        var edge = about is null ? Moment(4000) : Random.Next(3) == 0 ? about.Known : about.Event;
        if (view.Aggregations.Count > 0 && Random.Next(3) == 0)
        {
            var window = view.Aggregations[0].Windows[Random.Next(view.Aggregations[0].Windows.Count)];
            if (window.Kind != FeatureWindowKind.Lifetime)
                edge = (long)Math.Ceiling((decimal)edge / (window.Hop.Ticks / 10)) * (window.Hop.Ticks / 10) + window.Length.Ticks / 10;
        }
        else if (view.LastValues is [{ TimeToLive: { } ttl }, ..] && Random.Next(3) == 0)
        {
            edge += ttl.Ticks / 10;
        }

        return edge + Random.Next(3) - 1;
    }

    private long Moment(int span) => _origin + Random.Next(span) * Minute + (Random.Next(3) == 0 ? Random.Next(3) - 1 : 0);
}
