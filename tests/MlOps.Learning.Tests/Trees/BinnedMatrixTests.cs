using FsCheck.Fluent;
using FsCheck;

namespace MlOps.Learning.Tests.Trees;

public sealed class BinnedMatrixTests
{
    [Fact]
    public void Midpoint_AnyTwoFloats_SeparatesThem() => Prop.ForAll(
        ArbMap.Default.ArbFor<float>(), ArbMap.Default.ArbFor<float>(), ArbMap.Default.ArbFor<int>(), (a, b, bits) =>
        {
            float c = BitConverter.Int32BitsToSingle(bits);
            float[] sorted = [.. new[] { a, b, c, MathF.BitIncrement(a) }.Where(x => !float.IsNaN(x)).Order()];
            for (int i = 0; i + 1 < sorted.Length; i++)
            {
                if (sorted[i] == sorted[i + 1])
                    continue;
                float middle = BinnedMatrix.Midpoint(sorted[i], sorted[i + 1]);
                if (!(sorted[i] <= middle && middle < sorted[i + 1]))
                    return false;
            }

            return true;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(254)]
    [InlineData(255)]
    [InlineData(5000)]
    public void Build_AnyNumberOfDistinctValues_PutsEachValueIntoTheBinOfItsThresholds(int distinct)
    {
        float[] column = [.. Enumerable.Range(0, 20_000).Select(i => i % 11 == 0 ? float.NaN : (float)Math.Floor(Recipe.Unit(5, i) * distinct) / 7)];
        column[1] = float.PositiveInfinity;
        column[2] = float.NegativeInfinity;
        BinnedMatrix bins = BinnedMatrix.Build(new FeatureMatrix(["a"], [column]), 255, 0, 1, default);
        float[] thresholds = bins.Thresholds[0];
        thresholds.Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
        thresholds.Length.Should().BeLessThan(254);
        for (int row = 0; row < column.Length; row++)
        {
            int expected = float.IsNaN(column[row]) ? bins.MissingBin(0) : thresholds.Count(threshold => threshold < column[row]);
            ((int)bins.Bins[0][row]).Should().Be(expected);
        }
    }
}
