namespace MlOps.Serving;

/// <summary>Answers a frame by requests in tensors of some rows each; a request that fails is halved until the rows to blame stand alone.</summary>
internal sealed class FramePrediction(
    FrameInputs inputs, FrameOutputs outputs, FrameOptions options, IReadOnlyCollection<string>? wanted,
    Func<Dictionary<string, ModelValue>, IReadOnlyCollection<string>?, CancellationToken, ValueTask<TensorPrediction>> ask, TimeProvider clock)
{
    public async ValueTask<IEnumerable<DataColumn>> RunAsync(CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchRows, 1, nameof(options));
        var good = new List<int>(inputs.Errors.Count);
        for (var row = 0; row < inputs.Errors.Count; row++)
        {
            if (inputs.Errors[row] is { } error)
                Fail(row, error);
            else
                good.Add(row);
        }

        var parallel = new ParallelOptions
        {
            CancellationToken = cancellationToken, MaxDegreeOfParallelism = options.Parallelism > 0 ? options.Parallelism : Math.Min(Environment.ProcessorCount, 8),
        };
        await Parallel.ForEachAsync(good.Chunk(options.BatchRows), parallel, (rows, stop) => AskAsync(rows, stop)).ConfigureAwait(false);
        return outputs.Build(options);
    }

    private async ValueTask AskAsync(ReadOnlyMemory<int> rows, CancellationToken cancellationToken)
    {
        Exception failure;
        while (true)
        {
            try
            {
                var answer = await ask(inputs.Take(rows.Span), wanted, cancellationToken).ConfigureAwait(false);
                outputs.Take(rows.Span, answer);
                return;
            }
            catch (OverloadedException e)
            {
                // A frame is no caller who waits for one answer: it keeps its rows until there is room.
                await Task.Delay(e.RetryAfter > TimeSpan.Zero ? e.RetryAfter : TimeSpan.FromMilliseconds(1), clock, cancellationToken).ConfigureAwait(false);
            }
            catch (MlOpsException e) when (e is InvalidInputException or PredictionFailedException or DeadlineExceededException)
            {
                failure = e;
                break;
            }
        }

        if (rows.Length == 1 || failure is DeadlineExceededException)
        {
            foreach (var row in rows.ToArray())
                Fail(row, failure.Message, failure);
            return;
        }

        var half = rows.Length / 2;
        await AskAsync(rows[..half], cancellationToken).ConfigureAwait(false);
        await AskAsync(rows[half..], cancellationToken).ConfigureAwait(false);
    }

    private void Fail(int row, string error, Exception? cause = null)
    {
        if (options.ThrowOnBadRows)
            throw new InvalidInputException($"Row {row + 1} of the frame has no answer: {error}", cause);
        outputs.Fail(row, error);
    }
}
