using System.Diagnostics;
using MlOps.Serving;

namespace MlOps.Benchmarks.MlPerf;

/// <summary>
/// Issues queries to the batching engine. Samples rotate through a pool of unique rows. In the server scenario a thread of its own issues
/// at drawn moments and hands each query to the pool: the issuing thread must not become the engine's worker. A query that is issued
/// late counts from its drawn moment.
/// </summary>
internal sealed class LoadGenerator(BatchEngine engine, RowPool pool, int seed)
{
    private const int Destinations = 256;
    private readonly float[][] _destinations = [.. Enumerable.Range(0, Destinations).Select(_ => new float[engine.OutputWidth])];

    /// <summary>Latencies in seconds of queries one after the other.</summary>
    public async Task<double[]> OneAfterTheOtherAsync(int samplesPerQuery, int minimumQueries, TimeSpan minimumTime, CancellationToken cancellationToken)
    {
        var latencies = new List<double>();
        var running = new Task[samplesPerQuery];
        long row = seed;
        var clock = Stopwatch.StartNew();
        while (latencies.Count < minimumQueries || clock.Elapsed < minimumTime)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (latencies.Count >= 16 && clock.Elapsed > minimumTime * 4)
                break;
            long begin = Stopwatch.GetTimestamp();
            if (samplesPerQuery == 1)
            {
                Check(await engine.PredictAsync(pool[row++], _destinations[0], 0, CancellationToken.None));
            }
            else
            {
                for (int i = 0; i < samplesPerQuery; i++)
                {
                    int number = i;
                    long sample = row++;
                    running[i] = Task.Run(async () => Check(await engine.PredictAsync(pool[sample], _destinations[number], 0, CancellationToken.None)), CancellationToken.None);
                }

                await Task.WhenAll(running);
            }

            latencies.Add(Stopwatch.GetElapsedTime(begin).TotalSeconds);
        }

        return [.. latencies];
    }

    /// <summary>Latencies in seconds of an open loop; refused queries are infinite.</summary>
    /// <param name="arrivals">How queries arrive.</param>
    /// <param name="queries">How many.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <param name="direct">Whether the issuing thread hands queries to the engine itself: only for engines whose callers never compute.</param>
    public Task<double[]> AtRateAsync(ArrivalPattern arrivals, int queries, CancellationToken cancellationToken, bool direct = false) => Task.Factory.StartNew(
        () =>
        {
            PreciseWait.BeExact();
            double[] times = arrivals.Times(queries, seed);
            double[] latencies = new double[queries];
            using var done = new CountdownEvent(queries);
            // Far enough ahead that the first queries are not late.
            long start = Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 500);
            for (int i = 0; i < queries; i++)
            {
                long due = start + (long)(times[i] * Stopwatch.Frequency);
                PreciseWait.Until(due);
                var query = new Query(this, i, due, latencies, done);
                if (direct)
                    query.Execute();
                else
                    ThreadPool.UnsafeQueueUserWorkItem(query, preferLocal: false);
                if (cancellationToken.IsCancellationRequested)
                {
                    done.Signal(queries - i - 1);
                    break;
                }
            }

            done.Wait(CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            return latencies;
        },
        cancellationToken,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    private static void Check(BatchAnswer answer)
    {
        if (answer.Status != PredictionStatus.Ok)
            throw new InvalidOperationException($"A query ended as {answer.Status}: {answer.Error?.Message}");
    }

    private sealed class Query(LoadGenerator generator, int number, long due, double[] latencies, CountdownEvent done) : IThreadPoolWorkItem
    {
        public async void Execute()
        {
            try
            {
                var answer = await generator.Engine.PredictAsync(generator.Pool[number], generator._destinations[number % Destinations]);
                latencies[number] = answer.Status == PredictionStatus.Ok ? Stopwatch.GetElapsedTime(due).TotalSeconds : double.PositiveInfinity;
            }
            catch (Exception)
            {
                latencies[number] = double.PositiveInfinity;
            }
            finally
            {
                done.Signal();
            }
        }
    }

    private BatchEngine Engine => engine;

    private RowPool Pool => pool;
}
