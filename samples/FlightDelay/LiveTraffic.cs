using System.Diagnostics;
using MlOps;
using MlOps.Monitoring;
using MlOps.Serving;

namespace FlightDelay;

public sealed record Flight(long Id, Timestamp AskedAt, string Origin, string Destination, float Distance, float Hour, float Weekday);

public sealed record DelayRisk(float Probability);

/// <summary>Replays a period hour by hour: landings reach the feature store, passengers ask, outcomes become known.</summary>
public sealed class LiveTraffic(IMlOpsEnvironment production, Flights flights)
{
    public List<double> LatenciesMs { get; } = [];

    public static void Define(IMlOpsBuilder mlops) => mlops.AddModel<Flight, DelayRisk>(DelayTraining.Model, model => model
        .Lookup(Flights.Service, flight => flight.Origin, flight => flight.Destination)
        .Encode(Flights.RequestFeatures, (flight, features) => (features[0], features[1], features[2]) = (flight.Distance, flight.Hour, flight.Weekday))
        .AsOf(flight => flight.AskedAt)
        .StickyBy(flight => flight.Id.ToString(System.Globalization.CultureInfo.InvariantCulture))
        .Decode(scores => new DelayRisk(scores[0])));

    public async Task<int> ReplayAsync(Timestamp from, Timestamp to, Action<double> progress, CancellationToken stop)
    {
        var predictor = production.Get<IPredictor<Flight, DelayRisk>>();
        var landed = new Cursor(await flights.LandedAsync(from, to, stop), "landed");
        var asked = new Cursor(await flights.AskedAsync(from, to, stop), "asked_at");
        var (answered, resumeFrom) = (0, await PushedUpToAsync(stop));
        for (var hour = from; hour < to; hour += TimeSpan.FromHours(1))
        {
            var news = landed.TakeUntil(hour + TimeSpan.FromHours(1));
            foreach (var view in production.Features.Views)
                await production.Features.PushAsync(view.Name, news, "landings", hour.Microseconds, stop);
            var requests = asked.TakeUntil(hour + TimeSpan.FromHours(1));
            answered += requests.RowCount;
            if (hour + TimeSpan.FromHours(1) <= resumeFrom)
                continue; // answered before a restart
            await Parallel.ForEachAsync(Rows(requests), new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = stop }, async (flight, token) =>
            {
                var started = Stopwatch.GetTimestamp();
                await predictor.PredictAsync(flight, new PredictionContext { Id = IdOf(flight.Id) }, token);
                var milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                lock (LatenciesMs)
                    LatenciesMs.Add(milliseconds);
            });
            await production.Monitors.RecordOutcomesAsync(DelayTraining.Model, Outcomes(news), stop);
            await production.Monitors.FlushAsync(stop);
            progress((hour + TimeSpan.FromHours(1) - from) / (to - from));
        }

        return answered;
    }

    // An hour's answers are durable before the next hour's landings are pushed.
    private async Task<Timestamp> PushedUpToAsync(CancellationToken stop)
    {
        var upTo = Timestamp.MaxValue;
        foreach (var view in production.Features.Views)
            upTo = await production.Features.GetStatusAsync(view.Name, stop) is { OnlineUpTo: { } time } && time < upTo ? time : upTo;
        return upTo;
    }

    private static IEnumerable<Flight> Rows(DataFrame frame) => Enumerable.Range(0, frame.RowCount).Select(row => new Flight(
        frame.Column<long>("id")[row], frame.Column<Timestamp>("asked_at")[row], frame.Column<string>("origin")[row], frame.Column<string>("destination")[row],
        frame.Column<float>("distance")[row], frame.Column<float>("hour")[row], frame.Column<float>("weekday")[row]));

    private List<PredictionOutcome> Outcomes(DataFrame news) => [.. Enumerable.Range(0, news.RowCount)
        .Where(row => flights.IsSampled(news.Column<long>("id")[row]))
        .Select(row => new PredictionOutcome(IdOf(news.Column<long>("id")[row]), news.Column<double>("late")[row], news.Column<Timestamp>("landed")[row]))];

    // The same flight has the same identity in every run, so that a replay after a crash logs nothing twice.
    public static PredictionId IdOf(long flight) => new(2001, (ulong)flight + 1);

    private sealed class Cursor(DataFrame frame, string time)
    {
        private int _next;

        public DataFrame TakeUntil(Timestamp moment)
        {
            var times = frame.Column<Timestamp>(time).Span;
            var start = _next;
            while (_next < times.Length && times[_next] <= moment)
                _next++;
            return frame.Slice(start, _next - start);
        }
    }
}
