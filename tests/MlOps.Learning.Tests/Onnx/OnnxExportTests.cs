using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

namespace MlOps.Learning.Tests.Onnx;

public sealed class OnnxExportTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4000)]
    public void Trees_InOnnxRuntime_PredictAlike(int rows)
    {
        GradientBoostedTreesModel model = new GradientBoostedTreesTrainer(new() { Trees = 60 }).Train(Recipe.Classification.Train);
        ShouldAgree(model, Rows(model, Recipe.Classification.Test, rows, Thresholds(model)), rows, 1e-6f);
    }

    [Fact]
    public void TreesForRegression_InOnnxRuntime_PredictAlike()
    {
        GradientBoostedTreesModel model = new GradientBoostedTreesTrainer(new() { Task = LearningTask.Regression, Trees = 60 }).Train(Recipe.Regression.Train);

        // Predictions are about 5; single precision has steps of 5e-7 there, and 60 leaves are added.
        ShouldAgree(model, Rows(model, Recipe.Regression.Test, 3000, Thresholds(model)), 3000, 1e-5f);
    }

    [Fact]
    public void MissingAgainstValues_InOnnxRuntime_PredictAlike()
    {
        float[] column = [.. Enumerable.Range(0, 1000).Select(i => i % 3 == 0 ? float.NaN : 5f)];
        float[] labels = [.. Enumerable.Range(0, 1000).Select(i => i % 3 == 0 ? 1f : 0f)];
        GradientBoostedTreesModel model = new GradientBoostedTreesTrainer().Train(new FeatureMatrix(["a"], [column], labels));
        ShouldAgree(model, [float.NaN, 5, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, 0], 6, 1e-6f);
    }

    [Fact]
    public void NoTrees_InOnnxRuntime_PredictTheBaseRate()
    {
        GradientBoostedTreesModel model = new GradientBoostedTreesTrainer().Train(new FeatureMatrix(["a"], [[1, 1, 1]], [0, 1, 1]));
        ShouldAgree(model, [1, 2, float.NaN], 3, 1e-6f);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3000)]
    public void Logistic_InOnnxRuntime_PredictAlike(int rows)
    {
        LinearModel model = new LogisticRegressionTrainer().Train(Recipe.Classification.Train);
        ShouldAgree(model, Rows(model, Recipe.Classification.Test, rows, [.. model.Means]), rows, 1e-6f);
    }

    [Fact]
    public void LogisticOfBreastCancer_InOnnxRuntime_PredictAlike()
    {
        LinearModel model = new LogisticRegressionTrainer().Train(Expected.BreastCancer);
        ShouldAgree(model, Rows(model, Expected.BreastCancer, 569, [.. model.Means]), 569, 1e-6f);
    }

    [Fact]
    public void Ridge_InOnnxRuntime_PredictAlike()
    {
        LinearModel model = new LinearRegressionTrainer().Train(Recipe.Regression.Train);
        float[] rows = new float[500 * 12];
        for (int row = 0; row < 500; row++)
            Recipe.Regression.Test.CopyRow(row, rows.AsSpan(row * 12));
        ShouldAgree(model, rows, 500, 1e-5f);
    }

    [Fact]
    public void ToOnnx_Options_NameGraphAndMetadata()
    {
        LinearModel model = new LogisticRegressionTrainer().Train(Recipe.Synthetic(500, regression: false));
        byte[] bytes = model.ToOnnx(new() { InputName = "x", OutputName = "p", GraphName = "churn", Metadata = new Dictionary<string, string> { ["run"] = "17" } });
        using InferenceSession session = new(bytes);
        session.InputMetadata.Keys.Should().Equal("x");
        session.InputMetadata["x"].Dimensions.Should().Equal(-1, 12);
        session.InputMetadata["x"].SymbolicDimensions[0].Should().Be("N");
        session.OutputMetadata.Keys.Should().Equal("p");
        session.OutputMetadata["p"].Dimensions.Should().Equal(-1, 1);
        session.ModelMetadata.GraphName.Should().Be("churn");
        session.ModelMetadata.ProducerName.Should().Be("MlOps.Learning");
        session.ModelMetadata.CustomMetadataMap["run"].Should().Be("17");
        session.ModelMetadata.CustomMetadataMap["mlops.trainer"].Should().Be("logistic-regression");
        session.ModelMetadata.CustomMetadataMap["mlops.task"].Should().Be("BinaryClassification");
        JsonSerializer.Deserialize<string[]>(session.ModelMetadata.CustomMetadataMap["mlops.features"]).Should().Equal(Recipe.Names);
    }

    /// <summary>Real rows, a quarter of whose values are replaced by border values, their neighbours, NaN and infinities.</summary>
    private static float[] Rows(TrainedModel model, FeatureMatrix source, int rows, float[] borders)
    {
        int width = model.FeatureNames.Count;
        float[] values = new float[rows * width];
        Random random = new(11);
        for (int row = 0; row < rows; row++)
        {
            source.CopyRow(row, values.AsSpan(row * width, width));
            for (int i = row * width; i < (row + 1) * width; i++)
            {
                float border = borders[random.Next(borders.Length)];
                values[i] = random.Next(28) switch
                {
                    0 => float.NaN,
                    1 => float.PositiveInfinity,
                    2 => float.NegativeInfinity,
                    3 => float.MaxValue,
                    4 => border,
                    5 => MathF.BitIncrement(border),
                    6 => MathF.BitDecrement(border),
                    _ => values[i],
                };
            }
        }

        return values;
    }

    private static float[] Thresholds(GradientBoostedTreesModel model) =>
        [.. model.Forest.Nodes.ToArray().Where(node => float.IsFinite(node.Threshold)).Select(node => node.Threshold)];

    private static void ShouldAgree(TrainedModel model, float[] values, int rows, float tolerance)
    {
        using InferenceSession session = new(model.ToOnnx());
        using RunOptions options = new();
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(values, [rows, model.FeatureNames.Count]);
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, ["features"], [input], session.OutputNames);
        ReadOnlySpan<float> actual = outputs[0].GetTensorDataAsSpan<float>();
        outputs[0].GetTensorTypeAndShape().Shape.Should().Equal(rows, 1);
        session.OutputNames.Should().Equal(model.Task == LearningTask.Regression ? "prediction" : "probability");
        float[] managed = model.Predict(FeatureMatrix.FromRows(model.FeatureNames, values));
        float worst = 0;
        for (int row = 0; row < rows; row++)
            worst = Math.Max(worst, float.IsNaN(actual[row]) ? float.PositiveInfinity : Math.Abs(actual[row] - managed[row]));
        worst.Should().BeLessThanOrEqualTo(tolerance);
    }
}
