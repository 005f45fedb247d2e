namespace MlOps.Learning;

/// <summary>Boosted decision trees; the score is a base plus one leaf value per tree, in log-odds for binary classification.</summary>
public sealed class GradientBoostedTreesModel : TrainedModel
{
    internal GradientBoostedTreesModel(LearningTask task, IReadOnlyList<string> featureNames, Forest forest)
        : base(task, GradientBoostedTreesTrainer.TrainerName, featureNames)
    {
        Forest = forest;
        double[] gains = new double[featureNames.Count];
        for (int node = 0; node < forest.Nodes.Length; node++)
            gains[forest.Nodes[node].Feature] += forest.Gains[node];
        FeatureImportances = Shares(gains);
    }

    /// <summary>The number of trees; early stopping, or nothing left to split, leaves fewer than were asked for.</summary>
    public int TreeCount => Forest.Roots.Length;

    /// <inheritdoc/>
    public override IReadOnlyList<FeatureImportance> FeatureImportances { get; }

    internal Forest Forest { get; }

    internal override void WriteOnnx(OnnxModelWriter writer) => TreeOnnxExport.Write(writer, this);

    internal override ModelDocument ToDocument() => ModelDocument.From(this);

    private protected override float PredictRow(ReadOnlySpan<float> row) => FromScore(Forest.Score(row));

    private protected override void PredictBlock(ReadOnlySpan<float> rows, Span<float> destination)
    {
        Span<double> scores = stackalloc double[destination.Length];
        Forest.Score(rows, FeatureNames.Count, scores);
        for (int i = 0; i < destination.Length; i++)
            destination[i] = FromScore(scores[i]);
    }

    private float FromScore(double score) => (float)(Task == LearningTask.Regression ? score : Logistic.Sigmoid(score));
}
