using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using MlOps;
using MlOps.Monitoring;
using MlOps.Serving;

namespace FlightDelay;

public sealed record Flight(long Id, Timestamp AskedAt, string Origin, string Destination, float Distance, float Hour, float Weekday);

public sealed record DelayRisk(float Probability);

/// <summary>Replays a period hour by hour: landings reach the feature store, passengers ask, outcomes become known.</summary>
public sealed class LiveTraffic(IMlOpsEnvironment production, Flights flights)
{
    private readonly ConcurrentBag<double> _latenciesMs = [];

    public IReadOnlyList<double> LatenciesMs => [.. _latenciesMs];

    public static void Define(IMlOpsBuilder mlops) => mlops.AddModel<Flight, DelayRisk>(DelayTraining.Model, model => model
        .Lookup(Flights.Service, flight => flight.Origin, flight => flight.Destination)
        .Encode(Flights.RequestFeatures, (flight, features) => (features[0], features[1], features[2]) = (flight.Distance, flight.Hour, flight.Weekday))
        .AsOf(flight => flight.AskedAt)
        .StickyBy(flight => flight.Id.ToString(CultureInfo.InvariantCulture))
        .Decode(scores => new DelayRisk(scores[0])));

    /// <summary>The same flight has the same identity in every run, so that a replay after a crash logs nothing twice.</summary>
    public static PredictionId IdOf(long flight) => new(2001, (ulong)flight + 1);

    public async Task<int> ReplayAsync(Timestamp from, Timestamp to, Action<double> progress, CancellationToken stop)
    {
        var predictor = production.Get<IPredictor<Flight, DelayRisk>>();
        var hours = Enumerable.Range(1, (int)(to - from).TotalHours).Select(hour => from + TimeSpan.FromHours(hour)).ToArray();
        var landed = (await flights.LandedAsync(from, to, stop)).SplitByTime("landed", [.. hours.Select(hour => new Timestamp(hour.Microseconds + 1))]);
        var asked = (await flights.AskedAsync(from, to, stop)).SplitByTime("asked_at", hours);
        var pushed = Timestamp.MaxValue; // up to where a former try came: an hour's answers are durable before the next hour's landings
        foreach (var view in production.Features.Views)
            pushed = await production.Features.GetStatusAsync(view.Name, stop) is { OnlineUpTo: { } upTo } && upTo < pushed ? upTo : pushed;
        for (var i = 0; i < hours.Length; i++)
        {
            foreach (var view in production.Features.Views)
                await production.Features.PushAsync(view.Name, landed[i], "landings", hours[i].Microseconds, stop);
            if (hours[i] < pushed)
                continue;
            await Parallel.ForEachAsync(Requests(asked[i]), new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = stop }, async (flight, token) =>
            {
                var started = Stopwatch.GetTimestamp();
                await predictor.PredictAsync(flight, new PredictionContext { Id = IdOf(flight.Id) }, token);
                _latenciesMs.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            });
            await production.Monitors.RecordOutcomesAsync(DelayTraining.Model, Outcomes(landed[i]), stop);
            await production.Monitors.FlushAsync(stop);
            progress((i + 1.0) / hours.Length);
        }

        return asked.Sum(hour => hour.RowCount);
    }

    private static IEnumerable<Flight> Requests(DataFrame asked) => asked.ToRows(row => new Flight(
        row.Get<long>("id"), row.Get<Timestamp>("asked_at"), row.Get<string>("origin"), row.Get<string>("destination"),
        row.Get<float>("distance"), row.Get<float>("hour"), row.Get<float>("weekday")));

    private List<PredictionOutcome> Outcomes(DataFrame landed) => [.. landed.Filter("id", (long id) => flights.IsSampled(id))
        .ToRows(row => new PredictionOutcome(IdOf(row.Get<long>("id")), row.Get<double>("late"), row.Get<Timestamp>("landed")))];
}
