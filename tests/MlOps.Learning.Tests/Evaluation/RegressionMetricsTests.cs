using System.Text.Json;

namespace MlOps.Learning.Tests.Evaluation;

public sealed class RegressionMetricsTests
{
    [Fact]
    public void Evaluate_Recipe_EqualsScikitLearn()
    {
        JsonElement expected = Expected.Root.GetProperty("regression");
        float[] labels = new float[500];
        float[] predictions = new float[500];
        for (int row = 0; row < 500; row++)
        {
            double label = Recipe.Unit(14, row) * 8;
            labels[row] = (float)label;
            predictions[row] = (float)(label + Recipe.Unit(15, row) - 0.4);
        }

        RegressionEvaluation evaluation = RegressionMetrics.Evaluate(labels, predictions);
        evaluation.RootMeanSquaredError.Should().BeApproximately(expected.Number("rmse"), 1e-9);
        evaluation.MeanAbsoluteError.Should().BeApproximately(expected.Number("mae"), 1e-9);
        evaluation.R2.Should().BeApproximately(expected.Number("r2"), 1e-9);
    }

    [Fact]
    public void Evaluate_ConstantLabels_HasR2OfOneOnlyWhenExact()
    {
        RegressionMetrics.Evaluate([2, 2], [2, 2]).R2.Should().Be(1);
        RegressionMetrics.Evaluate([2, 2], [2, 3]).R2.Should().Be(0);
    }

    [Fact]
    public void Evaluate_NaN_NamesRow()
    {
        Action act = () => RegressionMetrics.Evaluate([1, 2], [1, float.NaN]);
        act.Should().Throw<InvalidInputException>().WithMessage("*Row 1*NaN*");
    }
}
