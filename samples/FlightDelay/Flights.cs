using MlOps;
using MlOps.DuckDb;
using MlOps.Features;

namespace FlightDelay;

/// <summary>Three million US flights of January to June 2001, and what is computed of them: the same for history and for live requests.</summary>
public sealed class Flights(string file, int every) : IDisposable
{
    public const string Service = "flight-delay";

    /// <summary>What a request knows of its own flight, beside what the feature store knows of the airports and the route.</summary>
    public static readonly string[] RequestFeatures = ["distance", "hour", "weekday"];

    // A delay is known after landing: half an hour of taxiing, eight miles a minute in the air. Asked one hour before departure.
    private const string Columns =
        """
        WITH flights AS (
          SELECT file_row_number AS id, date AS scheduled, date - INTERVAL 1 HOUR AS asked_at,
                 date + to_minutes(delay + 30 + distance // 8) AS landed, origin, destination,
                 delay::DOUBLE AS delay, (delay > 15)::INT::DOUBLE AS late,
                 distance::FLOAT AS distance, hour(date)::FLOAT AS hour, dayofweek(date)::FLOAT AS weekday
          FROM read_parquet($file, file_row_number = true))
        SELECT * FROM flights
        """;

    private readonly DuckDbLake _lake = new(new() { AllowedPaths = [File.Exists(file) ? file : throw new FileNotFoundException($"No flights at '{file}': run 'dotnet run build.cs setup', or pass --data.")] });

    public static void Define(IMlOpsBuilder mlops)
    {
        foreach (var (view, keys) in new[] { ("origin", new[] { "origin" }), ("destination", ["destination"]), ("route", ["origin", "destination"]) })
        {
            mlops.AddFeatureView(view, define =>
            {
                foreach (var key in keys)
                    define.Key(key);
                define.EventTime("scheduled").AvailableAt("landed")
                    .Windows(FeatureWindow.Hours(1), FeatureWindow.Hours(24), FeatureWindow.Days(7))
                    .Aggregate("delay", [AggregateFunction.Count, AggregateFunction.Mean], scale: 1)
                    .Aggregate("late", [AggregateFunction.Mean], scale: 1);
            });
        }

        mlops.AddFeatureService(Service, service => service.View("origin").View("destination").View("route"));
    }

    /// <summary>A sample of the flights asked about in a period, in order of asking.</summary>
    public Task<DataFrame> AskedAsync(Timestamp from, Timestamp to, CancellationToken cancellationToken) =>
        QueryAsync("asked_at >= $from AND asked_at < $to AND id % $every = 0 ORDER BY asked_at, id", from, to, every, cancellationToken);

    /// <summary>All flights that landed in a period, in order of landing.</summary>
    public Task<DataFrame> LandedAsync(Timestamp from, Timestamp to, CancellationToken cancellationToken) =>
        QueryAsync("landed > $from AND landed <= $to AND $every = 1 ORDER BY landed, id", from, to, 1, cancellationToken);

    /// <summary>Every route of the last month, asked about at noon.</summary>
    public Task<DataFrame> RoutesAsync(Timestamp now, CancellationToken cancellationToken) => _lake.ReadAsync(
        """
        SELECT origin, destination, $now::TIMESTAMP AS asked_at, first(distance)::FLOAT AS distance, 12::FLOAT AS hour, dayofweek($now::TIMESTAMP)::FLOAT AS weekday
        FROM read_parquet($file) WHERE date >= $now::TIMESTAMP - INTERVAL 30 DAY AND date < $now::TIMESTAMP GROUP BY origin, destination ORDER BY origin, destination
        """, new Dictionary<string, object?> { ["file"] = file, ["now"] = now }, cancellationToken);

    /// <summary>Brings the flights that departed before a moment into a feature store, ten days at a time; what is there already stays as it is.</summary>
    public async Task<long> IngestAsync(IFeatureStore features, Timestamp to, Action<double> progress, CancellationToken cancellationToken)
    {
        long rows = 0;
        var decades = Decades(to).ToArray();
        for (var i = 0; i < decades.Length; i++)
        {
            var (from, until) = decades[i];
            var batch = await QueryAsync("scheduled >= $from AND scheduled < $to AND $every = 1 ORDER BY id", from, until, 1, cancellationToken);
            foreach (var view in features.Views)
                await features.IngestAsync(view.Name, batch, $"flights/{from}", cancellationToken);
            rows += batch.RowCount;
            progress((i + 1.0) / decades.Length);
        }

        return rows;
    }

    public bool IsSampled(long id) => id % every == 0;

    public void Dispose() => _lake.Dispose();

    private static IEnumerable<(Timestamp From, Timestamp To)> Decades(Timestamp to) =>
        from month in Enumerable.Range(1, 6)
        from day in new[] { 1, 11, 21 }
        let @from = Timestamp.Utc(2001, month, day)
        where @from < to
        select (@from, day == 21 ? Timestamp.Utc(2001, month + 1, 1) : Timestamp.Utc(2001, month, day + 10));

    private Task<DataFrame> QueryAsync(string where, Timestamp from, Timestamp to, int sample, CancellationToken cancellationToken) =>
        _lake.ReadAsync($"{Columns} WHERE {where}", new Dictionary<string, object?> { ["file"] = file, ["from"] = from, ["to"] = to, ["every"] = sample }, cancellationToken);
}
