using System.Text.Json;
using MlOps.Learning;
using MlOps.Monitoring;
using MlOps.Registry;

namespace MlOps;

/// <summary>Brings models of MlOps.Learning into the registry.</summary>
public static class TrainedModelExtensions
{
    /// <summary>
    /// Adds to a version what a trained model and its evaluation say: the ONNX graph with signature, an input example, the generation
    /// record, validation metrics <c>auc</c> and <c>log_loss</c>, the evaluation's curves, and the reference for drift.
    /// </summary>
    /// <param name="builder">The version being assembled.</param>
    /// <param name="model">The model.</param>
    /// <param name="training">The rows that it was trained on.</param>
    /// <param name="evaluation">Its evaluation on held-out rows.</param>
    /// <param name="generation">How it was made; framework and algorithm are filled in.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="InvalidInputException">The training rows have other features than the model.</exception>
    public static ModelVersionBuilder WithTrainedModel(
        this ModelVersionBuilder builder, TrainedModel model, FeatureMatrix training, BinaryEvaluation evaluation, GenerationRecord? generation = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(evaluation);
        var scores = model.Predict(training);
        builder
            .WithOnnx(model.ToOnnx(), model.FeatureNames)
            .WithGeneration((generation ?? new GenerationRecord()) with { Framework = "MlOps.Learning", Algorithm = model.Trainer })
            .WithMetrics(new Dictionary<string, double> { ["auc"] = evaluation.Auc.Estimate, ["log_loss"] = evaluation.LogLoss })
            .WithReport(ModelArtifactNames.Evaluation, JsonSerializer.SerializeToUtf8Bytes(evaluation, EvaluationJsonContext.Default.BinaryEvaluation), "application/json")
            .WithReport(ModelArtifactNames.Reference, Reference(training, scores).ToJson(), ReferenceProfile.MediaType)
            .WithTags(("algorithm", model.Trainer));
        var row = new float[training.ColumnCount];
        for (var i = 0; i < training.RowCount; i++)
        {
            training.CopyRow(i, row);
            if (row.All(float.IsFinite))
                return builder.WithInputExample(row, [scores[i]]);
        }

        return builder;
    }

    private static ReferenceProfile Reference(FeatureMatrix rows, float[] scores)
    {
        var columns = new List<ColumnReference>();
        for (var c = 0; c < rows.ColumnCount; c++)
            columns.Add(ColumnReference.Learn(rows.FeatureNames[c], rows.Column(c)));
        columns.Add(ColumnReference.Learn(ReferenceProfile.ScoreColumn, scores));
        return new ReferenceProfile(1, columns);
    }
}
