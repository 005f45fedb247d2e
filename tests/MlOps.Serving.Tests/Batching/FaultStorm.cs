using System.Diagnostics;
using MlOps.Registry;

namespace MlOps.Serving.Tests.Batching;

/// <summary>
/// Asks an engine over a model that fails, breaks and hangs, with random deadlines, cancellations, priorities, callers, poison rows and
/// requests of several rows, and checks each answer: once, and right. Every row has a number of its own, by which the model knows what
/// it computed.
/// </summary>
internal sealed class FaultStorm : IModelRuntime
{
    public const int Width = 3;
    private const float Poison = -666f;

    private readonly byte[] _computed;
    private readonly int _breakEvery;
    private readonly int _hangEvery;
    private int _runs;
    private int _nextRow;
    private int _active;

    public FaultStorm(int rows, int breakEvery = 23, int hangEvery = 0)
    {
        _computed = new byte[rows + 64];
        _breakEvery = breakEvery;
        _hangEvery = hangEvery;
        Rows = rows;
    }

    public int Rows { get; }

    /// <summary>Requests by how they ended.</summary>
    public int[] Ended { get; } = new int[Enum.GetValues<PredictionStatus>().Length];

    public int Cancelled;

    public int Hung;

    /// <summary>What was not as it must be; empty when all is well.</summary>
    public List<string> Mistakes { get; } = [];

    public bool Disposed { get; private set; }

    public IReadOnlyList<TensorSpec> Inputs { get; } = [new("input", "float", ["N", "3"])];

    public IReadOnlyList<TensorSpec> Outputs { get; } = [new("output", "float", ["N", "1"])];

    public int InputWidth => Width;

    public int OutputWidth => 1;

    public int? FixedBatchSize => null;

    public long MemoryBytes => 1;

    public IBatchBuffer CreateBuffer(int maximumRows) => new Buffer(this, maximumRows);

    public void Dispose()
    {
        if (Volatile.Read(ref _active) != 0)
            Mistake("The model was disposed while it ran.");
        Disposed = true;
    }

    /// <summary>Asks until all rows are used up.</summary>
    /// <param name="engine">An engine over this model.</param>
    /// <param name="callers">Asynchronous callers.</param>
    /// <param name="seed">Of what they ask.</param>
    /// <param name="hangs">Whether the engine gives up runs that hang.</param>
    public async Task RunAsync(BatchEngine engine, int callers, int seed, bool hangs = false)
    {
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(() => CallerAsync(engine, caller, new Random(seed + caller), hangs))));
        engine.Retire();
        await engine.Drained;
        if (engine.QueuedRows != 0)
            Mistake($"{engine.QueuedRows} rows are still said to wait.");
    }

    private async Task CallerAsync(BatchEngine engine, int caller, Random random, bool hangs)
    {
        var scores = new float[8];
        while (true)
        {
            // Otherwise one caller alone might have all its answers at once before the others have begun.
            if (random.Next(4) == 0)
                await Task.Yield();
            var count = random.Next(16) == 0 ? random.Next(2, 8) : 1;
            var first = Interlocked.Add(ref _nextRow, count) - count;
            if (first >= Rows)
                return;
            var kind = random.Next(24);
            var rows = new float[count * Width];
            for (var i = 0; i < count; i++)
                (rows[i * Width], rows[(i * Width) + 1], rows[(i * Width) + 2]) = (first + i, random.Next(1000), random.Next(1000));
            if (kind == 0)
                rows[2] = Poison;
            if (kind == 1)
                rows[1] = float.NaN;
            using var cancellation = kind is 2 or 3 ? new CancellationTokenSource() : null;
            var deadline = kind == 4 ? Stopwatch.GetTimestamp() + random.Next(-200_000, 2_000_000) : 0;
            var priority = kind == 5 ? RequestPriority.High : kind == 6 ? RequestPriority.Low : RequestPriority.Normal;
            var terms = new RowTerms(deadline, cancellation?.Token ?? default, priority, kind is >= 7 and < 11 ? $"c{caller % 3}" : null);
            Array.Fill(scores, float.MinValue);
            try
            {
                PredictionStatus status;
                do
                {
                    var task = count == 1 && kind != 11 ? engine.PredictAsync(rows, scores, terms) : engine.PredictRowsAsync(rows, count, scores.AsMemory(0, count), terms);
                    if (cancellation is not null && random.Next(2) == 0)
                        cancellation.Cancel();
                    var answer = await task;
                    Check(answer, rows, count, scores, kind, hangs);
                    status = answer.Status;
                    if (status == PredictionStatus.Overloaded)
                        await Task.Yield();
                }
                while (status == PredictionStatus.Overloaded);
            }
            catch (OperationCanceledException)
            {
                Interlocked.Increment(ref Cancelled);
                if (cancellation is null)
                    Mistake("A request that nobody cancelled ended as cancelled.");
                if (count == 1)
                    CheckUntouched(rows, 1, scores, "cancelled");
            }
        }
    }

    private void Check(in BatchAnswer answer, float[] rows, int count, float[] scores, int kind, bool hangs)
    {
        Interlocked.Increment(ref Ended[(int)answer.Status]);
        switch (answer.Status)
        {
            case PredictionStatus.Ok:
                if (kind is 0 or 1)
                    Mistake("A poison or invalid row was answered.");
                for (var i = 0; i < count; i++)
                {
                    var right = Score(rows.AsSpan(i * Width, Width));
                    if (scores[i] != right)
                        Mistake($"Row {rows[i * Width]} was answered {scores[i]} instead of {right}.");
                }

                break;
            case PredictionStatus.Failed:
                if (kind != 0 && !(hangs && answer.Error is TimeoutException))
                    Mistake($"A sound row failed: {answer.Error?.Message}");
                break;
            case PredictionStatus.InvalidInput:
                if (kind != 1)
                    Mistake("A valid row was refused as invalid.");
                CheckUntouched(rows, count, scores, "invalid");
                break;
            case PredictionStatus.DeadlineExceeded:
                if (kind != 4)
                    Mistake("A row without a deadline missed it.");
                if (count == 1)
                    CheckUntouched(rows, count, scores, "late");
                break;
            case PredictionStatus.Overloaded:
                if (answer.Detail <= 0)
                    Mistake("A refusal without a time to wait.");
                if (count == 1)
                    CheckUntouched(rows, count, scores, "refused");
                break;
            default:
                Mistake($"A request ended as {answer.Status}.");
                break;
        }
    }

    private void CheckUntouched(float[] rows, int count, float[] scores, string how)
    {
        for (var i = 0; i < count; i++)
        {
            if (_computed[(int)rows[i * Width]] != 0 || scores[i] != float.MinValue)
                Mistake($"Row {rows[i * Width]} was {how}, but computed.");
        }
    }

    private void Mistake(string text)
    {
        lock (Mistakes)
        {
            if (Mistakes.Count < 20)
                Mistakes.Add(text);
        }
    }

    private static float Score(ReadOnlySpan<float> row) => (row[1] * 1000) + row[2];

    private sealed class Buffer(FaultStorm owner, int maximumRows) : IBatchBuffer
    {
        private readonly float[] _input = new float[maximumRows * Width];
        private readonly float[] _output = new float[maximumRows];
        private readonly ManualResetEventSlim _aborted = new();
        private int _inUse;

        public int MaximumRows => maximumRows;

        public Memory<float> Input => _input;

        public ReadOnlyMemory<float> Output => _output;

        public bool TryAbort()
        {
            _aborted.Set();
            return true;
        }

        public void Run(int rows)
        {
            Interlocked.Increment(ref owner._active);
            if (Interlocked.Exchange(ref _inUse, 1) != 0 || owner.Disposed)
                owner.Mistake("A buffer was used by two runs, or after the model was disposed.");
            try
            {
                _aborted.Reset();
                Thread.SpinWait(300);
                var run = Interlocked.Increment(ref owner._runs);
                if (owner._hangEvery > 0 && run % owner._hangEvery == 0)
                {
                    Interlocked.Increment(ref owner.Hung);
                    _aborted.Wait();
                    throw new OperationCanceledException("aborted");
                }

                // Not for one row that was padded: nothing would be left to halve.
                if (rows > 1 && _input[0] != _input[(rows - 1) * Width] && run % owner._breakEvery == 0)
                    throw new InvalidOperationException("The session broke.");
                if (_input.AsSpan(0, rows * Width).Contains(Poison))
                    throw new InvalidOperationException("poison");
                for (var row = 0; row < rows; row++)
                {
                    var values = _input.AsSpan(row * Width, Width);
                    owner._computed[(int)values[0]] = 1;
                    _output[row] = Score(values);
                }
            }
            finally
            {
                Volatile.Write(ref _inUse, 0);
                Interlocked.Decrement(ref owner._active);
            }
        }

        public void Dispose() => _aborted.Dispose();
    }
}
