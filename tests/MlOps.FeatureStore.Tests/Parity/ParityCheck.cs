namespace MlOps.Features.Tests;

/// <summary>Compares what an engine answers with what the brute-force oracle says, bit for bit.</summary>
internal static class ParityCheck
{
    /// <summary>Throws at the first difference; without a test library, since the claims run this file too.</summary>
    /// <returns>How many values were compared.</returns>
    public static int Same(object?[] actual, object?[] expected, int seed, string what, int question)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            if (!Equals(Bits(actual[i]), Bits(expected[i])))
                throw new InvalidOperationException($"{what} of seed {seed}, question {question}, feature {i}: {actual[i] ?? "null"} instead of {expected[i] ?? "null"}");
        }

        return expected.Length;
    }

    private static object? Bits(object? value) => value switch
    {
        float number => BitConverter.SingleToInt32Bits(number),
        double number => BitConverter.DoubleToInt64Bits(number),
        _ => value,
    };
}
