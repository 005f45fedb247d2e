namespace MlOps.Learning;

/// <summary>A linear model over standardised features.</summary>
public sealed class LinearModel : TrainedModel
{
    private readonly double[] _coefficients;

    internal LinearModel(
        LearningTask task, string trainer, IReadOnlyList<string> featureNames, Standardizer standardizer, double[] coefficients, double intercept)
        : base(task, trainer, featureNames)
    {
        Standardizer = standardizer;
        _coefficients = coefficients;
        Intercept = intercept;
        FeatureImportances = Shares(Array.ConvertAll(coefficients, Math.Abs));
    }

    /// <summary>One coefficient per feature, for a change of one standard deviation.</summary>
    public IReadOnlyList<double> Coefficients => _coefficients;

    /// <summary>The score of a row whose features are all at their means.</summary>
    public double Intercept { get; }

    /// <summary>The training means that are subtracted, and that stand in for missing values.</summary>
    public IReadOnlyList<float> Means => Standardizer.Means;

    /// <summary>What the differences from the means are multiplied by: one over the training standard deviation.</summary>
    public IReadOnlyList<float> InverseScales => Standardizer.InverseScales;

    /// <inheritdoc/>
    public override IReadOnlyList<FeatureImportance> FeatureImportances { get; }

    internal Standardizer Standardizer { get; }

    internal override void WriteOnnx(OnnxModelWriter writer) => LinearOnnxExport.Write(writer, this);

    internal override ModelDocument ToDocument() => ModelDocument.From(this);

    private protected override float PredictRow(ReadOnlySpan<float> row)
    {
        double score = Intercept;
        for (int i = 0; i < row.Length; i++)
            score += _coefficients[i] * Standardizer.Apply(row[i], i);
        return (float)(Task == LearningTask.Regression ? score : Logistic.Sigmoid(score));
    }

    private protected override void PredictBlock(ReadOnlySpan<float> rows, Span<float> destination)
    {
        int width = _coefficients.Length;
        for (int i = 0; i < destination.Length; i++)
            destination[i] = PredictRow(rows.Slice(i * width, width));
    }
}
