using System.Text.Json;

namespace MlOps.Learning.Tests.Linear;

public sealed class LogisticRegressionTrainerTests
{
    public static TheoryData<int, LinearSolver> Cases => new()
    {
        { 0, LinearSolver.Newton }, { 1, LinearSolver.Newton }, { 2, LinearSolver.Newton },
        { 0, LinearSolver.Lbfgs }, { 1, LinearSolver.Lbfgs }, { 2, LinearSolver.Lbfgs },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Train_BreastCancer_EqualsScikitLearn(int index, LinearSolver solver)
    {
        JsonElement expected = Expected.Root.GetProperty("logistic")[index];
        LinearModel model = new LogisticRegressionTrainer(new() { L2 = expected.Number("l2"), Solver = solver, MaxIterations = 2000 })
            .Train(Expected.BreastCancer);
        ShouldEqual(model, expected);
        float[] probabilities = model.Predict(Expected.BreastCancer);
        double[] reference = expected.Numbers("probabilities");
        for (int row = 0; row < reference.Length; row++)
            ((double)probabilities[row]).Should().BeApproximately(reference[row], 1e-5);
    }

    [Fact]
    public void Train_Weighted_EqualsScikitLearn()
    {
        FeatureMatrix data = Expected.BreastCancer;
        FeatureMatrix weighted = new(data.FeatureNames, Columns(data), data.Labels.ToArray(), [.. Enumerable.Range(0, data.RowCount).Select(i => 1f + (i % 3))]);
        ShouldEqual(new LogisticRegressionTrainer().Train(weighted), Expected.Root.GetProperty("logisticWeighted"));
    }

    [Fact]
    public void Train_MissingValues_EqualsScikitLearnWithMeans()
    {
        FeatureMatrix data = Expected.BreastCancer;
        float[][] columns = Columns(data);
        for (int i = 0; i < data.RowCount * data.ColumnCount; i += 7)
            columns[i % data.ColumnCount][i / data.ColumnCount] = i % 2 == 0 ? float.NaN : float.PositiveInfinity;
        LinearModel model = new LogisticRegressionTrainer().Train(new FeatureMatrix(data.FeatureNames, columns, data.Labels.ToArray()));
        ShouldEqual(model, Expected.Root.GetProperty("logisticMissing"));
    }

    [Fact]
    public void Train_AnyThreadCount_GivesEqualBits()
    {
        FeatureMatrix data = Recipe.Synthetic(70_000, regression: false);
        LinearModel one = new LogisticRegressionTrainer(new() { Threads = 1 }).Train(data);
        LinearModel five = new LogisticRegressionTrainer(new() { Threads = 5 }).Train(data);
        five.Coefficients.Should().Equal(one.Coefficients);
        five.Intercept.Should().Be(one.Intercept);
    }

    [Fact]
    public void Train_ConstantAndEmptyColumns_GetNoWeight()
    {
        FeatureMatrix data = Expected.BreastCancer;
        float[][] columns = [.. Columns(data)[..3], Filled(data.RowCount, 3.3f), Filled(data.RowCount, float.NaN)];
        FeatureMatrix padded = new(["a", "b", "c", "constant", "missing"], columns, data.Labels.ToArray());
        foreach (double l2 in new[] { 0.0, 1.0 })
        {
            LinearModel model = new LogisticRegressionTrainer(new() { L2 = l2 }).Train(padded);
            model.Coefficients[3].Should().BeApproximately(0, 1e-12);
            model.Coefficients[4].Should().BeApproximately(0, 1e-12);
            LinearModel plain = new LogisticRegressionTrainer(new() { L2 = l2 })
                .Train(new FeatureMatrix(["a", "b", "c"], columns[..3], data.Labels.ToArray()));
            model.Coefficients[0].Should().BeApproximately(plain.Coefficients[0], 1e-6);
        }
    }

    [Fact]
    public void Train_DuplicatedColumnWithoutPenalty_StaysFinite()
    {
        FeatureMatrix data = Recipe.Synthetic(2_000, regression: false);
        FeatureMatrix twice = new(["a", "b"], [data.Column(0).ToArray(), data.Column(0).ToArray()], data.Labels.ToArray());
        LinearModel model = new LogisticRegressionTrainer(new() { L2 = 0 }).Train(twice);
        LinearModel once = new LogisticRegressionTrainer(new() { L2 = 0 }).Train(new FeatureMatrix(["a"], [data.Column(0).ToArray()], data.Labels.ToArray()));
        model.Coefficients.Sum().Should().BeApproximately(once.Coefficients[0], 1e-4);
    }

    [Fact]
    public void Train_OneClass_SaysSo()
    {
        Action act = () => new LogisticRegressionTrainer().Train(new FeatureMatrix(["a"], [[1, 2, 3]], [1, 1, 1]));
        act.Should().Throw<InvalidInputException>().WithMessage("*Every one of the 3 training labels is 1*");
    }

    [Fact]
    public void Train_LabelOfTwo_NamesRow()
    {
        Action act = () => new LogisticRegressionTrainer().Train(new FeatureMatrix(["a"], [[1, 2, 3]], [1, 0, 2]));
        act.Should().Throw<InvalidInputException>().WithMessage("*row 2 is 2*");
    }

    [Fact]
    public void Constructor_BadOptions_ListsAll()
    {
        Action act = () => new LogisticRegressionTrainer(new() { L2 = -1, MaxIterations = 0, Tolerance = double.NaN, Solver = (LinearSolver)9 });
        act.Should().Throw<InvalidDefinitionException>().WithMessage("*logistic-regression*L2 is -1*Solver is 9*MaxIterations is 0*Tolerance is NaN*");
    }

    [Fact]
    public void Train_Cancelled_Stops()
    {
        Action act = () => new LogisticRegressionTrainer().Train(Expected.BreastCancer, cancellationToken: new CancellationToken(canceled: true));
        act.Should().Throw<OperationCanceledException>();
    }

    private static void ShouldEqual(LinearModel model, JsonElement expected)
    {
        double[] coefficients = expected.Numbers("coefficients");
        for (int i = 0; i < coefficients.Length; i++)
            model.Coefficients[i].Should().BeApproximately(coefficients[i], 1e-4, "coefficient {0}", i);
        model.Intercept.Should().BeApproximately(expected.Number("intercept"), 1e-4);
    }

    private static float[][] Columns(FeatureMatrix data) => [.. Enumerable.Range(0, data.ColumnCount).Select(i => data.Column(i).ToArray())];

    private static float[] Filled(int rows, float value)
    {
        float[] column = new float[rows];
        Array.Fill(column, value);
        return column;
    }
}
