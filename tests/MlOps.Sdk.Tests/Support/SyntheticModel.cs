using System.Text.Json;
using MlOps.Learning;
using MlOps.Monitoring;
using MlOps.Registry;

namespace MlOps.Hosting;

/// <summary>A small logistic regression on made-up data, registered with all eight artifact kinds.</summary>
internal static class SyntheticModel
{
    public const string Name = "churn";

    public static readonly string[] Features = ["age", "spend"];

    public static FeatureMatrix Data(int seed, int rows = 400)
    {
        var random = new Random(seed);
        var columns = new[] { new float[rows], new float[rows] };
        var labels = new float[rows];
        for (var row = 0; row < rows; row++)
        {
            columns[0][row] = (float)(random.NextDouble() * 4 - 2);
            columns[1][row] = (float)(random.NextDouble() * 4 - 2);
            labels[row] = random.NextDouble() < 1 / (1 + Math.Exp(-2 * columns[0][row] + columns[1][row])) ? 1 : 0;
        }

        return new FeatureMatrix(Features, columns, labels);
    }

    public static async Task<ModelVersionDraft> DraftAsync(
        IMlOpsEnvironment environment, int seed = 1, string model = Name, double? auc = null, IReadOnlyList<string>? features = null, bool complete = true, FeatureMatrix? data = null)
    {
        data ??= Data(seed);
        var trained = new LogisticRegressionTrainer().Train(data);
        var evaluation = BinaryMetrics.Evaluate(data.Labels, trained.Predict(data));
        var example = new float[data.ColumnCount];
        data.CopyRow(0, example);
        var builder = new ModelVersionBuilder(environment.Context.Artifacts, model)
            .WithOnnx(trained.ToOnnx(), features ?? data.FeatureNames)
            .WithInputExample(example, [trained.Predict(example)])
            .WithMetrics(new Dictionary<string, double> { ["auc"] = auc ?? evaluation.Auc.Estimate })
            .WithReport("evaluation", JsonSerializer.SerializeToUtf8Bytes(evaluation, EvaluationJsonContext.Default.BinaryEvaluation), "application/json")
            .WithReport("reference", ReferenceProfile.Learn(Frame(data), data.FeatureNames, trained.Predict(data)).ToJson(), ReferenceProfile.MediaType)
            .WithTags(("algorithm", trained.Trainer))
            .WithDescription("Made up.");
        if (complete)
        {
            builder
                .WithFeaturize("{}")
                .WithData(new DataReference("made up", "training", ArtifactDigest.Of([1]).ToString(), data.RowCount))
                .WithGeneration(new GenerationRecord { Framework = "MlOps.Learning", Algorithm = trained.Trainer, Seed = seed });
        }

        return await builder.BuildAsync();
    }

    public static async Task<ModelVersionRef> RegisterAsync(IMlOpsEnvironment environment, int seed = 1, string model = Name, double? auc = null, bool complete = true) =>
        (await environment.Models.RegisterAsync(await DraftAsync(environment, seed, model, auc, complete: complete))).Ref;

    public static DataFrame Frame(FeatureMatrix data) =>
        new(data.FeatureNames.Select((name, column) => (DataColumn)DataColumn.Create(name, data.Column(column).ToArray())));
}
