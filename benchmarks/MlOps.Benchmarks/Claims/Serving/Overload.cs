using System.Diagnostics;
using System.Globalization;
using MlOps.Registry;
using MlOps.Serving;

namespace MlOps.Benchmarks.Claims.Serving;

/// <summary>
/// An open loop at twice what the model can do. The model sleeps as long as its curve says, so that the generator does not compete
/// with it for processors.
/// </summary>
internal static class Overload
{
    private const int Rows = 64;
    private const int Issuers = 4;
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(60);

    public static async Task<ClaimResult> MeasureAsync(ClaimContext context, CancellationToken stop)
    {
        var model = new SleepingModel();
        using var engine = new BatchEngine(model, new BatchingOptions { MaximumBatchSize = Rows, Parallelism = 1, QueueLimit = 4096 }, TimeProvider.System, SleepingModel.Curve);
        double capacity = await CapacityAsync(engine, TimeSpan.FromSeconds(2));
        var over = await OpenLoopAsync(engine, capacity * 2, TimeSpan.FromSeconds(6), stop);
        long end = Stopwatch.GetTimestamp();
        double normal = double.NaN;
        for (int probe = 0; probe < 1000 && double.IsNaN(normal); probe++)
        {
            long begin = Stopwatch.GetTimestamp();
            var answer = await engine.PredictAsync([1, 1], new float[1], 0, stop);
            if (answer.Status == PredictionStatus.Ok && Stopwatch.GetElapsedTime(begin) < TimeSpan.FromMilliseconds(20))
                normal = Stopwatch.GetElapsedTime(end).TotalSeconds;
        }

        double goodput = over.Good / over.Seconds / capacity;
        bool held = goodput >= 0.95 && over.RejectP99 <= 0.005 && over.Late == 0 && normal <= 5;
        var detail = new ClaimDetail(
            "Twice the capacity, deadline of 60 ms", ["capacity", "offered", "good", "rejected", "rejects answered within (p99)", "dropped after admission", "more than 5 % late", "normal again after"],
            [[
                $"{capacity:N0}/s", $"{over.Offered / over.Seconds:N0}/s", $"{over.Good / over.Seconds:N0}/s", $"{over.Rejected / over.Seconds:N0}/s",
                Milliseconds(over.RejectP99), $"{over.Dropped}", $"{over.Late}", Milliseconds(normal),
            ]]);
        return new ClaimResult(goodput, goodput.ToString("P1", CultureInfo.InvariantCulture), held, detail);
    }

    private static async Task<double> CapacityAsync(BatchEngine engine, TimeSpan time)
    {
        long begin = Stopwatch.GetTimestamp();
        int[] counts = await Task.WhenAll(Enumerable.Range(0, Rows * 2).Select(_ => Task.Run(async () =>
        {
            int count = 0;
            for (; Stopwatch.GetElapsedTime(begin) < time; count++)
                await engine.PredictAsync([1, 1], new float[1]).ConfigureAwait(false);
            return count;
        })));
        return counts.Sum() / Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    private static async Task<Outcome> OpenLoopAsync(BatchEngine engine, double rate, TimeSpan time, CancellationToken stop)
    {
        var outcome = new Outcome();
        var rejects = new List<double>();
        int sent = 0;
        long begin = Stopwatch.GetTimestamp();

        // Several, because one that finds the engine idle runs its row itself meanwhile.
        var issued = await Task.WhenAll(Enumerable.Range(0, Issuers).Select(_ => Task.Factory.StartNew(
            () =>
            {
                var running = new List<Task>();
                while (Stopwatch.GetElapsedTime(begin) < time)
                {
                    stop.ThrowIfCancellationRequested();
                    while (Volatile.Read(ref sent) < Stopwatch.GetElapsedTime(begin).TotalSeconds * rate)
                    {
                        Interlocked.Increment(ref sent);
                        running.Add(AskAsync(engine, outcome, rejects));
                    }

                    Thread.Sleep(1);
                }

                return running;
            },
            stop, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        outcome.Seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        outcome.Offered = sent;
        await Task.WhenAll(issued.SelectMany(tasks => tasks));
        rejects.Sort();
        outcome.RejectP99 = rejects.Count == 0 ? 0 : rejects[rejects.Count * 99 / 100];
        return outcome;
    }

    private static async Task AskAsync(BatchEngine engine, Outcome outcome, List<double> rejects)
    {
        long begin = Stopwatch.GetTimestamp();
        var answer = await engine.PredictAsync([1, 1], new float[1], begin + (long)(Limit.TotalSeconds * Stopwatch.Frequency)).ConfigureAwait(false);
        var took = Stopwatch.GetElapsedTime(begin);
        switch (answer.Status)
        {
            case PredictionStatus.Ok when took > Limit * 1.05:
                Interlocked.Increment(ref outcome.Late);
                break;
            case PredictionStatus.Ok:
                Interlocked.Increment(ref outcome.Good);
                break;
            case PredictionStatus.DeadlineExceeded:
                Interlocked.Increment(ref outcome.Dropped);
                break;
            default:
                Interlocked.Increment(ref outcome.Rejected);
                lock (rejects)
                    rejects.Add(took.TotalSeconds);
                break;
        }
    }

    private static string Milliseconds(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e3:F2} ms");

    private sealed class Outcome
    {
        public int Good, Rejected, Dropped, Late, Offered;
        public double Seconds, RejectP99;
    }

    /// <summary>A batch takes 8 ms and an eighth of one for each row.</summary>
    private sealed class SleepingModel : IModelRuntime
    {
        public static BatchCurve Curve { get; } = new([new(1, Cost(1)), new(Rows, Cost(Rows))]);

        public IReadOnlyList<TensorSpec> Inputs => [];

        public IReadOnlyList<TensorSpec> Outputs => [];

        public int InputWidth => 2;

        public int OutputWidth => 1;

        public int? FixedBatchSize => null;

        public long MemoryBytes => 0;

        public IBatchBuffer CreateBuffer(int maximumRows) => new Buffer(maximumRows);

        public void Dispose()
        {
        }

        private static TimeSpan Cost(int rows) => TimeSpan.FromMilliseconds(8 + (rows / 8.0));

        private sealed class Buffer(int maximumRows) : IBatchBuffer
        {
            private readonly float[] _input = new float[maximumRows * 2];
            private readonly float[] _output = new float[maximumRows];

            public int MaximumRows => maximumRows;

            public Memory<float> Input => _input;

            public ReadOnlyMemory<float> Output => _output;

            public void Run(int rows)
            {
                long begin = Stopwatch.GetTimestamp();
                var cost = Cost(rows);
                while (Stopwatch.GetElapsedTime(begin) < cost)
                    Thread.Sleep(cost - Stopwatch.GetElapsedTime(begin) > TimeSpan.FromMilliseconds(2) ? 1 : 0);
            }

            public void Dispose()
            {
            }
        }
    }
}
