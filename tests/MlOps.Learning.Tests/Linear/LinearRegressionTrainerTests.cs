using System.Text.Json;

namespace MlOps.Learning.Tests.Linear;

public sealed class LinearRegressionTrainerTests
{
    [Theory]
    [InlineData(LinearSolver.Newton)]
    [InlineData(LinearSolver.Lbfgs)]
    public void Train_BreastCancer_EqualsScikitLearnRidge(LinearSolver solver)
    {
        FeatureMatrix data = Expected.BreastCancer;
        FeatureMatrix shifted = new(
            [.. data.FeatureNames.Take(29)],
            [.. Enumerable.Range(0, 29).Select(i => data.Column(i).ToArray())],
            data.Column(29).ToArray());
        JsonElement expected = Expected.Root.GetProperty("ridge");
        LinearModel model = new LinearRegressionTrainer(new() { L2 = expected.Number("l2"), Solver = solver, MaxIterations = 5000 }).Train(shifted);
        double[] coefficients = expected.Numbers("coefficients");
        for (int i = 0; i < coefficients.Length; i++)
            model.Coefficients[i].Should().BeApproximately(coefficients[i], 1e-6);
        model.Intercept.Should().BeApproximately(expected.Number("intercept"), 1e-6);
        model.Task.Should().Be(LearningTask.Regression);
    }
}
