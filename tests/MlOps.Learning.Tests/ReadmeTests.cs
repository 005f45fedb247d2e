namespace MlOps.Learning.Tests;

public sealed class ReadmeTests
{
    [Fact]
    public void FirstScreen_OnAFrame_TrainsComparesAndExports()
    {
        FeatureMatrix source = Recipe.Synthetic(10_000, regression: false);
        DataFrame frame = new(
            DataColumn.Create("distance", source.Column(0).ToArray()),
            DataColumn.Create("delay_mean_1h", source.Column(4).ToArray()),
            DataColumn.Create("delay_mean_24h", source.Column(5).ToArray()),
            DataColumn.Create("late", source.Labels.ToArray()));
        string folder = Directory.CreateTempSubdirectory().FullName;

        FeatureMatrix data = FeatureMatrix.FromFrame(frame, ["distance", "delay_mean_1h", "delay_mean_24h"], "late");
        (FeatureMatrix train, FeatureMatrix heldOut) = data.SplitAt(data.RowCount * 4 / 5);

        TrainedModel linear = new LogisticRegressionTrainer().Train(train);
        TrainedModel trees = new GradientBoostedTreesTrainer(new() { Trees = 200, EarlyStoppingRounds = 20 }).Train(train, validation: heldOut);

        float[] challenger = trees.Predict(heldOut);
        float[] champion = linear.Predict(heldOut);
        BinaryEvaluation evaluation = BinaryMetrics.Evaluate(heldOut.Labels, challenger);
        AucComparison comparison = DeLong.Compare(heldOut.Labels, challenger, champion);
        bool better = comparison.PValueOfGainAbove(0.005) < 0.05;

        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), trees.ToOnnx());
        using (FileStream file = File.Create(Path.Combine(folder, "model.json")))
            trees.Save(file);

        better.Should().BeTrue();
        evaluation.Auc.Estimate.Should().Be(comparison.Candidate);
        using (FileStream file = File.OpenRead(Path.Combine(folder, "model.json")))
            TrainedModel.Load(file).Predict(heldOut).Should().Equal(challenger);
        Directory.Delete(folder, recursive: true);
    }
}
