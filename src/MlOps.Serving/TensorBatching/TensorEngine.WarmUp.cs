using System.Diagnostics;

namespace MlOps.Serving;

internal sealed partial class TensorEngine
{
    private static readonly TimeSpan WarmUpBudget = TimeSpan.FromMilliseconds(60);

    /// <summary>
    /// Runs every batch size on made-up values, for its bindings and to learn what it costs, before there is traffic. Only for models that
    /// say how long their rows are; the others learn from their requests. Blocks.
    /// </summary>
    public void WarmUp()
    {
        if (_plan is null || _rowShape is not null || _plan.Inputs.Any(input => input.Dimensions.Skip(1).Any(dimension => dimension <= 0) || input.Type == TensorType.String))
            return;
        var random = new Random(1);
        var begin = Stopwatch.GetTimestamp();
        var rows = RowsThatFit([.. _plan.Inputs.Select(input => input.Dimensions[1..])]);
        for (var size = 1; size <= rows; size *= 2)
        {
            for (var repetition = 0; repetition < 3; repetition++)
            {
                if (Stopwatch.GetElapsedTime(begin) > WarmUpBudget)
                    return;
                var inputs = _plan.Inputs.ToDictionary(input => input.Name, input => Sample(input, size, random), StringComparer.Ordinal);
                var answer = RunAsync(inputs, null, 0, CancellationToken.None);

                // Values that the model does not take say nothing about those that it does.
                if (!answer.IsCompletedSuccessfully || answer.Result.Status != PredictionStatus.Ok)
                    return;
            }
        }
    }

    // Small whole numbers stand in most vocabularies; varied fractions, because constant ones make trees look faster than they are.
    private static ModelValue Sample(TensorPort input, int rows, Random random)
    {
        var value = TensorValue.Zeros(input.Type!.Value, [rows, .. input.Dimensions[1..]]);
        switch (value)
        {
            case TensorValue<float> floats:
                foreach (ref var item in floats.Data.Span)
                    item = random.NextSingle() - 0.5f;
                break;
            case TensorValue<double> doubles:
                foreach (ref var item in doubles.Data.Span)
                    item = random.NextDouble() - 0.5;
                break;
            case TensorValue<long> longs:
                foreach (ref var item in longs.Data.Span)
                    item = random.Next(2);
                break;
            case TensorValue<int> ints:
                foreach (ref var item in ints.Data.Span)
                    item = random.Next(2);
                break;
        }

        return value;
    }
}
