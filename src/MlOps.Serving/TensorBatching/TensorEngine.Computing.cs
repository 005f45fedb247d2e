using System.Diagnostics;
using System.Numerics;

namespace MlOps.Serving;

internal sealed partial class TensorEngine
{
    private const double Tolerance = 1e-3;
    private const double CoarseTolerance = 3e-2;

    private bool _verified;

    // Fills the batch's answers.
    private void Compute(TensorLeader leader, TensorBatch batch)
    {
        var begin = _clock.GetTimestamp();
        Volatile.Write(ref leader.RunningSince, begin == 0 ? 1 : begin);
        var bucket = batch.Bucket;
        var since = Stopwatch.GetTimestamp();
        var exact = !bucket.Alone && batch.Live == 1 && batch.Requests[0].Length != bucket.PaddedLength;
        if (bucket.Alone || exact)
            RunAlone(leader, batch, 0, batch.Live);
        else
            RunTogether(leader, batch, 0, batch.Live);
        var seconds = Stopwatch.GetElapsedTime(since).TotalSeconds;
        lock (batch.Writing)
            batch.Computed = true;
        Volatile.Write(ref leader.RunningSince, 0);
        var rows = 0;
        for (var i = 0; i < batch.Live; i++)
            rows += batch.Requests[i].Rows;
        if (exact && batch.Answers[0].Status == PredictionStatus.Ok)
            bucket.Costs.Add(rows, seconds);
        Volatile.Write(ref _secondsPerRow, (Volatile.Read(ref _secondsPerRow) * 0.9) + (seconds / rows * 0.1));
        _metrics?.Batch(rows, _labels, default, TimeSpan.FromSeconds(seconds));
    }

    // The requests from one place to another as one batch; when that fails each half by itself, down to the one that is to blame.
    private void RunTogether(TensorLeader leader, TensorBatch batch, int from, int to)
    {
        var bucket = batch.Bucket;
        var requests = batch.Requests.AsSpan(from, to - from);
        var rows = 0;
        foreach (var request in requests)
            rows += request.Rows;
        var memory = Rent(bucket, rows);
        var kept = false;
        try
        {
            Allow(leader, batch, memory.Abort);
            var since = Stopwatch.GetTimestamp();
            memory.Prepare(rows);
            var row = 0;
            foreach (var request in requests)
            {
                memory.Write(request, row);
                row += request.Rows;
            }

            memory.Run(rows);
            var seconds = Stopwatch.GetElapsedTime(since).TotalSeconds;
            if (Volatile.Read(ref _verified) || Verify(memory, requests))
            {
                Distribute(memory, batch, from, to);
                bucket.Costs.Add(rows, seconds);
                bucket.Cap((int)Math.Min(int.MaxValue, _options.Tensors.MaximumBatchBytes / Math.Max(1, memory.BytesPerRow(rows))));
                kept = true;
                return;
            }
        }
        catch (NotSupportedException e)
        {
            StopBatching(e.Message);
        }
        catch (Exception) when (to - from > 1 && !batch.Abandoned)
        {
            kept = true;
        }
        catch (Exception e) when (batch.Abandoned)
        {
            batch.Answers.AsSpan(from, to - from).Fill(new TensorAnswer(PredictionStatus.Failed, Error: e));
            return;
        }
        catch (Exception)
        {
            // A request by itself: run as such, which tells what is wrong with it.
        }
        finally
        {
            Allow(leader, batch, null);
            Return(bucket, memory, kept && !batch.Abandoned);
        }

        if (!kept)
        {
            RunAlone(leader, batch, from, to);
            return;
        }

        var middle = from + ((to - from) / 2);
        RunTogether(leader, batch, from, middle);
        RunTogether(leader, batch, middle, to);
    }

    private void Distribute(BatchMemory memory, TensorBatch batch, int from, int to)
    {
        lock (batch.Writing)
        {
            if (batch.Abandoned)
                return;
            var row = 0;
            for (var i = from; i < to; i++)
            {
                var request = batch.Requests[i];
                batch.Answers[i] = Read(memory, request, row);
                row += request.Rows;
            }
        }
    }

    private TensorAnswer Read(BatchMemory memory, TensorRequest request, int row)
    {
        try
        {
            if (request.Outputs is null)
            {
                var values = new ModelValue[_outputNames.Length];
                for (var i = 0; i < values.Length; i++)
                    values[i] = memory.Read(request, i, row);
                return new TensorAnswer(PredictionStatus.Ok, new NamedValues(_outputNames, values));
            }

            var names = new List<string>(request.Outputs.Count);
            var wanted = new List<ModelValue>(request.Outputs.Count);
            for (var i = 0; i < _outputNames.Length; i++)
            {
                if (!request.Outputs.Contains(_outputNames[i]))
                    continue;
                names.Add(_outputNames[i]);
                wanted.Add(memory.Read(request, i, row));
            }

            return new TensorAnswer(PredictionStatus.Ok, new NamedValues([.. names], [.. wanted]));
        }
        catch (InvalidInputException e)
        {
            return new TensorAnswer(PredictionStatus.InvalidInput, Error: e);
        }
    }

    private void RunAlone(TensorLeader leader, TensorBatch batch, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            if (batch.Abandoned)
                return;
            var answer = RunAlone(leader, batch, batch.Requests[i]);
            lock (batch.Writing)
            {
                if (batch.Abandoned)
                    return;
                batch.Answers[i] = answer.Status == PredictionStatus.Ok ? Hand(batch.Requests[i], answer) : answer;
            }
        }
    }

    private TensorAnswer RunAlone(TensorLeader leader, TensorBatch batch, TensorRequest request)
    {
        CancellationTokenSource? own = null;
        try
        {
            var token = request.Token;
            if (_options.RunTimeout is not null)
            {
                own = CancellationTokenSource.CreateLinkedTokenSource(token);
                token = own.Token;
                Allow(leader, batch, own.Cancel);
            }

            return new TensorAnswer(PredictionStatus.Ok, _runtime.Run(_plan?.Complete(request.Inputs) ?? request.Inputs, request.Outputs, token));
        }
        catch (InvalidInputException e)
        {
            return new TensorAnswer(PredictionStatus.InvalidInput, Error: e);
        }
        catch (Exception e)
        {
            return new TensorAnswer(PredictionStatus.Failed, Error: e);
        }
        finally
        {
            Allow(leader, batch, null);
            own?.Dispose();
        }
    }

    // What ends the run in progress; under the lock, so that nothing is cancelled that was disposed.
    private void Allow(TensorLeader leader, TensorBatch batch, Action? cancel)
    {
        if (_options.RunTimeout is null)
            return;
        lock (batch.Writing)
            leader.Cancel = cancel;
    }

    // Into the caller's memory, if it gave some.
    private static TensorAnswer Hand(TensorRequest request, in TensorAnswer answer)
    {
        if (request.Into is null)
            return answer;
        var outputs = new OrderedDictionary<string, ModelValue>(answer.Outputs!, StringComparer.Ordinal);
        try
        {
            foreach (var (name, into) in request.Into)
            {
                if (!outputs.TryGetValue(name, out var value))
                    continue;
                if (value is not TensorValue { Type: not TensorType.String } tensor)
                    throw new InvalidInputException($"Output '{name}' is no tensor of fixed-size elements: it cannot be written to memory given.");
                BatchMemory.CheckInto(name, into, tensor.Type, tensor.Shape);
                tensor.Bytes.CopyTo(into.Bytes);
                outputs[name] = into;
            }
        }
        catch (InvalidInputException e)
        {
            return new TensorAnswer(PredictionStatus.InvalidInput, Error: e);
        }

        return new TensorAnswer(PredictionStatus.Ok, outputs);
    }

    // Whether rows depend on their mates (a mean over the batch, dimensions that only look like one batch) shows in the first real batch:
    // its first and last request are run by themselves and compared.
    private bool Verify(BatchMemory memory, ReadOnlySpan<TensorRequest> requests)
    {
        if (requests.Length < 2)
            return true;
        TensorRequest[] samples = [requests[0], requests[^1]];
        var rows = 0;
        foreach (var request in requests)
            rows += request.Rows;
        foreach (var sample in samples)
        {
            var row = sample == samples[0] ? 0 : rows - sample.Rows;
            var inputs = new Dictionary<string, ModelValue>(StringComparer.Ordinal);
            for (var i = 0; i < _plan!.Inputs.Length; i++)
            {
                if (sample.Values[i] is { } value)
                    inputs[_plan.Inputs[i].Name] = value;
            }

            var alone = _runtime.Run(_plan.Complete(inputs));
            for (var i = 0; i < _outputNames.Length; i++)
            {
                // Read without the caller's memory: that is written only once, with what is answered.
                var probe = new TensorRequest { Inputs = inputs, Values = sample.Values, Rows = sample.Rows, Length = sample.Length };
                if (memory.Read(probe, i, row) is TensorValue together && !IsNear(together, (TensorValue)alone[_outputNames[i]]))
                {
                    StopBatching($"output '{_outputNames[i]}' of a request is another when it runs in a batch");
                    return false;
                }
            }
        }

        Volatile.Write(ref _verified, true);
        return true;
    }

    private static bool IsNear(TensorValue a, TensorValue b)
    {
        if (a.Type != b.Type || !a.Shape.SequenceEqual(b.Shape))
            return false;
        return a switch
        {
            TensorValue<float> => AreNear<float>(a.AsSpan<float>(), b.AsSpan<float>(), Tolerance),
            TensorValue<double> => AreNear<double>(a.AsSpan<double>(), b.AsSpan<double>(), Tolerance),
            TensorValue<Half> => AreNear<Half>(a.AsSpan<Half>(), b.AsSpan<Half>(), CoarseTolerance),
            TensorValue<BFloat16> => AreNear<float>(
                Array.ConvertAll(a.AsSpan<BFloat16>().ToArray(), value => (float)value), Array.ConvertAll(b.AsSpan<BFloat16>().ToArray(), value => (float)value), CoarseTolerance),
            TensorValue<string> => a.AsSpan<string>().SequenceEqual(b.AsSpan<string>()),
            _ => a.Bytes.SequenceEqual(b.Bytes),
        };
    }

    private static bool AreNear<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, double tolerance)
        where T : INumber<T>
    {
        for (var i = 0; i < a.Length; i++)
        {
            var (x, y) = (double.CreateChecked(a[i]), double.CreateChecked(b[i]));
            if (x != y && !(Math.Abs(x - y) <= tolerance * (1 + Math.Abs(y))) && !(double.IsNaN(x) && double.IsNaN(y)))
                return false;
        }

        return true;
    }

    private void StopBatching(string reason)
    {
        if (Interlocked.Exchange(ref _unbatchable, 1) == 0)
            LogUnbatchable(_logger, reason);
    }

    private BatchMemory Rent(TensorBucket bucket, int rows)
    {
        lock (_gate)
        {
            if (bucket.TryRent(rows) is { } memory)
                return memory;
        }

        // By doublings, so that a rare shape does not hold memory for a full batch.
        var capacity = (int)Math.Min(Math.Max(rows, bucket.MaximumRows), BitOperations.RoundUpToPowerOf2((uint)rows));
        if (_plan!.IsPlain)
        {
            var inputs = new TensorRows[_plan.Inputs.Length];
            for (var i = 0; i < inputs.Length; i++)
                inputs[i] = new TensorRows(_plan.Inputs[i].Name, _plan.Inputs[i].Type!.Value, bucket.RowShapes[i]);
            if (_runtime.CreateTensorBuffer(inputs, capacity) is { } buffer)
                return new BoundMemory(buffer, _plan, bucket.RowShapes, bucket.PaddedLength);
        }

        return new StackedMemory(_runtime, _plan, bucket.RowShapes, bucket.PaddedLength, capacity, _options.RunTimeout is not null);
    }

    private void Return(TensorBucket bucket, BatchMemory memory, bool keep)
    {
        lock (_gate)
        {
            if (keep && !_disposed && Volatile.Read(ref _unbatchable) == 0)
            {
                bucket.Keep(memory);
                TrimCache();
                return;
            }
        }

        memory.Dispose();
    }

    // Under the lock.
    private void TrimCache()
    {
        if (_buckets.Count == 1)
            return;
        var bytes = 0L;
        foreach (var bucket in _buckets.Values)
            bytes += bucket.CachedBytes;
        while (bytes > _options.Tensors.CacheBytes && _buckets.Values.Where(bucket => bucket.CachedBytes > 0).MinBy(bucket => bucket.LastUse) is { } oldest)
        {
            bytes -= oldest.CachedBytes;
            oldest.Trim();
        }
    }
}
