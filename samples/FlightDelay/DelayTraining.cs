using System.Text.Json;
using System.Text.Json.Serialization;
using MlOps;
using MlOps.Features;
using MlOps.Learning;
using MlOps.Monitoring;
using MlOps.Registry;

namespace FlightDelay;

/// <summary>Trains on the flights before <paramref name="ValidateFrom"/>, chooses and measures on those from there to <paramref name="To"/>.</summary>
public sealed record TrainingWindow(Timestamp From, Timestamp ValidateFrom, Timestamp To, int Seed);

public sealed record TrainingData(ArtifactRef Train, ArtifactRef Validate, int TrainRows, int ValidateRows);

public sealed record Candidate(string Trainer, ArtifactRef Model, Dictionary<string, string> HyperParameters);

public sealed record Scored(Candidate Candidate, double Auc, double LogLoss, ArtifactRef Evaluation);

[JsonSerializable(typeof(TrainingWindow)), JsonSerializable(typeof(TrainingData)), JsonSerializable(typeof(Candidate)), JsonSerializable(typeof(Scored))]
public sealed partial class DelayJson : JsonSerializerContext;

/// <summary>Pull, join, train two models, measure both, register the better one. The same in every environment.</summary>
public sealed class DelayTraining(Flights flights, IFeatureStore features, IArtifactStore artifacts) : IPipeline<TrainingWindow>
{
    public const string Model = "flight-delay";

    private IReadOnlyList<string> Inputs => [.. features.FeatureNamesOf(Flights.Service), .. Flights.RequestFeatures];

    public string Name => "delay-training";

    public void Define(PipelineBuilder<TrainingWindow> pipeline)
    {
        pipeline.Json(DelayJson.Default);
        var pulled = pipeline.Step("pull", PullAsync, step => step.NoCache().Retry(2));
        var data = pipeline.Step("join", pulled, JoinAsync, step => step.NoCache());
        var linear = pipeline.Step("train-linear", data, (step, rows, stop) =>
            TrainAsync(new LogisticRegressionTrainer(), new() { ["l2"] = "1" }, step, rows, stop));
        var trees = pipeline.Step("train-trees", data, (step, rows, stop) =>
            TrainAsync(new GradientBoostedTreesTrainer(new() { Trees = 80, MaxLeaves = 31, Seed = 17 }), new() { ["trees"] = "80", ["leaves"] = "31", ["rate"] = "0.1" }, step, rows, stop));
        var linearScore = pipeline.Step("measure-linear", linear, data, MeasureAsync);
        var treesScore = pipeline.Step("measure-trees", trees, data, MeasureAsync);
        var best = pipeline.Step("compare", linearScore, treesScore, (_, a, b, _) => Task.FromResult(a.LogLoss <= b.LogLoss ? a : b));
        pipeline.Choose("model", best, score => score.Candidate.Trainer == GradientBoostedTreesTrainer.TrainerName,
            then: () => pipeline.Step("register-trees", treesScore, data, RegisterAsync, step => step.NoCache()),
            otherwise: () => pipeline.Step("register-linear", linearScore, data, RegisterAsync, step => step.NoCache()));
    }

    private async Task<TrainingWindow> PullAsync(StepContext step, TrainingWindow window, CancellationToken stop)
    {
        var rows = await flights.IngestAsync(features, window.To, done => step.Report(done), stop);
        step.Run.LogMetric("flights", rows);
        return window;
    }

    private async Task<TrainingData> JoinAsync(StepContext step, TrainingWindow window, CancellationToken stop)
    {
        var (train, trainRows) = await FrameAsync(window.From, window.ValidateFrom);
        step.Report(0.8);
        var (validate, validateRows) = await FrameAsync(window.ValidateFrom, window.To);
        return new TrainingData(train, validate, trainRows, validateRows);

        async Task<(ArtifactRef, int)> FrameAsync(Timestamp from, Timestamp to)
        {
            var spine = await flights.AskedAsync(from, to, stop);
            var frame = await features.GetTrainingFrameAsync(spine, "asked_at", Flights.Service, cancellationToken: stop);
            var saved = await artifacts.PutFrameAsync(frame.Select([.. Inputs, "late"]), stop);
            step.Run.LogInput($"flights {from.ToString()[..10]} to {to.ToString()[..10]}", saved.Digest, to == window.To ? "validation" : "training");
            return (saved, frame.RowCount);
        }
    }

    private async Task<Candidate> TrainAsync(ITrainer trainer, Dictionary<string, string> parameters, StepContext step, TrainingData data, CancellationToken stop)
    {
        var rows = await MatrixAsync(data.Train, stop);
        var model = trainer.Train(rows, progress: new Progress<TrainingProgress>(p => step.Report((double)p.Iteration / p.MaxIterations)), cancellationToken: stop);
        using var saved = new MemoryStream();
        model.Save(saved);
        return new Candidate(trainer.Name, await artifacts.PutBytesAsync(saved.ToArray(), "application/json", stop), parameters);
    }

    private async Task<Scored> MeasureAsync(StepContext step, Candidate candidate, TrainingData data, CancellationToken stop)
    {
        var rows = await MatrixAsync(data.Validate, stop);
        var model = await LoadAsync(candidate, stop);
        var evaluation = BinaryMetrics.Evaluate(rows.Labels, model.Predict(rows, stop));
        step.Run.LogMetric($"{candidate.Trainer}/auc", evaluation.Auc.Estimate);
        step.Run.LogMetric($"{candidate.Trainer}/log_loss", evaluation.LogLoss);
        var json = JsonSerializer.SerializeToUtf8Bytes(evaluation, EvaluationJsonContext.Default.BinaryEvaluation);
        return new Scored(candidate, evaluation.Auc.Estimate, evaluation.LogLoss, await artifacts.PutBytesAsync(json, "application/json", stop));
    }

    private async Task<ModelVersionRef> RegisterAsync(StepContext step, Scored scored, TrainingData data, CancellationToken stop)
    {
        var model = await LoadAsync(scored.Candidate, stop);
        var train = await artifacts.GetFrameAsync(data.Train, stop);
        var rows = FeatureMatrix.FromFrame(train, Inputs);
        var example = Enumerable.Range(0, rows.RowCount).Select(row => Row(rows, row)).First(row => row.All(float.IsFinite));
        var draft = await new ModelVersionBuilder(artifacts, Model)
            .WithOnnx(model.ToOnnx(), Inputs)
            .WithFeaturize($$"""{"service":"{{features.IdOf(Flights.Service)}}","request":["distance","hour","weekday"]}""")
            .WithInputExample(example, [model.Predict(example)])
            .WithData(new("training flights", "training", data.Train.Digest, data.TrainRows), new("validation flights", "validation", data.Validate.Digest, data.ValidateRows))
            .WithGeneration(new() { Framework = "MlOps.Learning", Algorithm = model.Trainer, HyperParameters = scored.Candidate.HyperParameters, Split = "by time", Experiments = 2, Seed = 17, PipelineHash = step.RunId })
            .WithMetrics(new Dictionary<string, double> { ["auc"] = scored.Auc, ["log_loss"] = scored.LogLoss })
            .WithReport("evaluation", await artifacts.GetBytesAsync(scored.Evaluation, cancellationToken: stop), "application/json")
            .WithReport("reference", ReferenceProfile.Learn(train, Inputs, model.Predict(rows, stop)).ToJson(), ReferenceProfile.MediaType)
            .WithTags(("owner", "flight operations"), ("task", "binary classification"), ("algorithm", model.Trainer))
            .WithDescription($"Probability that a flight departs over 15 minutes late, asked one hour before. Validation AUC {scored.Auc:F4}.")
            .BuildAsync(stop);
        return await step.RegisterAsync(draft, stop);
    }

    private static float[] Row(FeatureMatrix rows, int row)
    {
        var values = new float[rows.ColumnCount];
        rows.CopyRow(row, values);
        return values;
    }

    private async Task<FeatureMatrix> MatrixAsync(ArtifactRef frame, CancellationToken stop) =>
        FeatureMatrix.FromFrame(await artifacts.GetFrameAsync(frame, stop), Inputs, "late");

    private async Task<TrainedModel> LoadAsync(Candidate candidate, CancellationToken stop) =>
        TrainedModel.Load(await artifacts.OpenReadAsync(candidate.Model.ParsedDigest, stop));
}
