namespace MlOps.Features.Tests;

/// <summary>Compares frames by bits.</summary>
internal static class Frames
{
    public static void ShouldBeSameBits(DataFrame actual, DataFrame expected, IEnumerable<string> columns)
    {
        actual.RowCount.Should().Be(expected.RowCount);
        foreach (var name in columns)
        {
            var left = actual.Column<float>(name).Span;
            var right = expected.Column<float>(name).Span;
            for (var i = 0; i < left.Length; i++)
            {
                if (BitConverter.SingleToInt32Bits(left[i]) != BitConverter.SingleToInt32Bits(right[i]))
                    Assert.Fail($"column {name}, row {i}: {left[i]:R} instead of {right[i]:R}");
            }
        }
    }
}
