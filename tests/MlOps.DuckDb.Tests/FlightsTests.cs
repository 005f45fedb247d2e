namespace MlOps.DuckDb.Tests;

public sealed class FlightsTests
{
    [FlightsFact]
    public async Task ReadParquet_ThreeMillionFlights_HasThePublishedFacts()
    {
        var flights = await DuckDbLake.ReadParquetAsync(FlightsFactAttribute.Path!);

        flights.RowCount.Should().Be(3_000_000);
        flights.Columns.Select(column => column.Name).Should().BeEquivalentTo("date", "delay", "distance", "origin", "destination");
        var delays = flights["delay"] switch
        {
            DataColumn<int> ints => ints.Span.ToArray().Count(delay => delay > 15),
            DataColumn<long> longs => longs.Span.ToArray().Count(delay => delay > 15),
            var other => throw new InvalidOperationException($"delay is {other.Type}"),
        };
        (delays / 3_000_000.0).Should().BeApproximately(0.200, 0.0005);
        var origins = flights.Column<string>("origin").Span;
        var instances = new HashSet<string>(ReferenceEqualityComparer.Instance);
        foreach (var origin in origins)
            instances.Add(origin);
        instances.Should().HaveCount(229, "equal airport codes share one string");
        flights.Column<string>("destination").Span.ToArray().Distinct().Should().HaveCount(228);
        var dates = flights.Column<Timestamp>("date").Span.ToArray();
        dates.Min().Should().Be(Timestamp.Utc(2001, 1, 1, 0, 1));
        dates.Max().Should().BeLessThan(Timestamp.Utc(2001, 7, 2));
    }

    [FlightsFact]
    public async Task Query_WithAnAggregateOnTheFile_AgreesWithDuckDbsOwnCount()
    {
        using var lake = new DuckDbLake();
        var late = await lake.ReadAsync(
            $"SELECT count(*) AS n, avg(CASE WHEN delay > $late THEN 1.0 ELSE 0.0 END) AS share FROM read_parquet('{FlightsFactAttribute.Path}') WHERE origin = $origin",
            new Dictionary<string, object?> { ["late"] = 15, ["origin"] = "ORD" });
        var rows = 0;
        var lateRows = 0;
        await foreach (var batch in lake.ScanParquetAsync(FlightsFactAttribute.Path!, ["origin", "delay"]))
        {
            var origin = batch.Column<string>("origin").Span;
            for (var i = 0; i < origin.Length; i++)
            {
                if (origin[i] != "ORD")
                    continue;
                rows++;
                if (Convert.ToInt64(batch["delay"].GetValue(i)) > 15)
                    lateRows++;
            }
        }

        late.Column<long>("n")[0].Should().Be(rows);
        late.Column<double>("share")[0].Should().BeApproximately(lateRows / (double)rows, 1e-12);
    }

    [FlightsFact]
    public async Task Query_CancelledWhileStreaming_Stops()
    {
        using var lake = new DuckDbLake();
        using var stop = new CancellationTokenSource();
        var read = async () =>
        {
            await foreach (var _ in lake.ScanParquetAsync(FlightsFactAttribute.Path!, cancellationToken: stop.Token))
                await stop.CancelAsync();
        };

        await read.Should().ThrowAsync<OperationCanceledException>();
    }
}
