using System.Text.Json;
using System.Text.Json.Serialization;
using MlOps;
using MlOps.Features;
using MlOps.Learning;
using MlOps.Registry;

namespace FlightDelay;

public sealed record TrainingWindow(Timestamp From, Timestamp ValidateFrom, Timestamp To);

public sealed record TrainingData(ArtifactRef Train, ArtifactRef Validate, int TrainRows, int ValidateRows);

public sealed record Candidate(string Trainer, ArtifactRef Model, double LogLoss = double.MaxValue);

[JsonSerializable(typeof(TrainingWindow)), JsonSerializable(typeof(TrainingData)), JsonSerializable(typeof(Candidate))]
public sealed partial class DelayJson : JsonSerializerContext;

/// <summary>Pull, join, train two models, measure both, register the better one. The same in every environment.</summary>
public sealed class DelayTraining(Flights flights, IFeatureStore features, IArtifactStore artifacts) : IPipeline<TrainingWindow>
{
    public const string Model = "flight-delay";

    private readonly ITrainer _linear = new LogisticRegressionTrainer(), _trees = new GradientBoostedTreesTrainer(new() { Trees = 80, Seed = 17 });

    public string Name => "delay-training";

    private string[] Inputs => [.. features.FeatureNamesOf(Flights.Service), .. Flights.RequestFeatures];

    /// <summary>After drift the newest ten days choose and measure; all before them train.</summary>
    public static TrainingWindow WindowAfter(MlOpsEvent drift)
    {
        var to = new Timestamp(JsonDocument.Parse(drift.Data).RootElement.GetProperty("to").GetProperty("microseconds").GetInt64());
        return new TrainingWindow(Timestamp.Utc(2001, 2, 1), to - TimeSpan.FromDays(10), to);
    }

    public void Define(PipelineBuilder<TrainingWindow> pipeline)
    {
        pipeline.Json(DelayJson.Default);
        var pulled = pipeline.Step("pull", PullAsync, step => step.NoCache().Retry(2));
        var data = pipeline.Step("join", pulled, JoinAsync, step => step.NoCache());
        var linear = pipeline.Step("train-linear", data, (step, rows, stop) => TrainAsync(_linear, step, rows, stop));
        var trees = pipeline.Step("train-trees", data, (step, rows, stop) => TrainAsync(_trees, step, rows, stop));
        var linearScore = pipeline.Step("measure-linear", linear, data, MeasureAsync);
        var treesScore = pipeline.Step("measure-trees", trees, data, MeasureAsync);
        var best = pipeline.Step("compare", linearScore, treesScore, (_, a, b, _) => Task.FromResult(a.LogLoss <= b.LogLoss ? a : b));
        pipeline.Choose("model", best, winner => winner.Trainer == _trees.Name,
            then: () => pipeline.Step("register-trees", treesScore, data, RegisterAsync, step => step.NoCache()),
            otherwise: () => pipeline.Step("register-linear", linearScore, data, RegisterAsync, step => step.NoCache()));
    }

    private async Task<TrainingWindow> PullAsync(StepContext step, TrainingWindow window, CancellationToken stop)
    {
        step.Run.LogMetric("flights", await flights.IngestAsync(features, window.To, done => step.Report(done), stop));
        return window;
    }

    private async Task<TrainingData> JoinAsync(StepContext step, TrainingWindow window, CancellationToken stop)
    {
        var (train, trainRows) = await FrameAsync(window.From, window.ValidateFrom, "training");
        var (validate, validateRows) = await FrameAsync(window.ValidateFrom, window.To, "validation");
        return new TrainingData(train, validate, trainRows, validateRows);

        async Task<(ArtifactRef, int)> FrameAsync(Timestamp from, Timestamp to, string role)
        {
            var asked = await flights.AskedAsync(from, to, stop);
            var frame = await features.GetTrainingFrameAsync(asked, "asked_at", Flights.Service, cancellationToken: stop);
            var saved = await artifacts.PutFrameAsync(frame.Select([.. Inputs, "late"]), stop);
            step.Run.LogInput($"flights from {from.ToString()[..10]}", saved.Digest, role);
            return (saved, frame.RowCount);
        }
    }

    private async Task<Candidate> TrainAsync(ITrainer trainer, StepContext step, TrainingData data, CancellationToken stop)
    {
        var progress = new Progress<TrainingProgress>(p => step.Report((double)p.Iteration / p.MaxIterations));
        return new Candidate(trainer.Name, await artifacts.PutModelAsync(trainer.Train(await RowsAsync(data.Train, stop), progress: progress, cancellationToken: stop), stop));
    }

    private async Task<Candidate> MeasureAsync(StepContext step, Candidate candidate, TrainingData data, CancellationToken stop)
    {
        var evaluation = await EvaluateAsync(await artifacts.GetModelAsync(candidate.Model, stop), data, stop);
        step.Run.LogMetric($"{candidate.Trainer}/auc", evaluation.Auc.Estimate);
        return candidate with { LogLoss = evaluation.LogLoss };
    }

    private async Task<ModelVersionRef> RegisterAsync(StepContext step, Candidate best, TrainingData data, CancellationToken stop)
    {
        var model = await artifacts.GetModelAsync(best.Model, stop);
        var evaluation = await EvaluateAsync(model, data, stop);
        var draft = await new ModelVersionBuilder(artifacts, Model)
            .WithTrainedModel(model, await RowsAsync(data.Train, stop), evaluation, new() { Split = "by time", Experiments = 2, Seed = 17 })
            .WithFeaturize($$"""{"service":"{{features.IdOf(Flights.Service)}}","request":["distance","hour","weekday"]}""")
            .WithData(new("history", "training", data.Train.Digest, data.TrainRows), new("held out", "validation", data.Validate.Digest, data.ValidateRows))
            .WithTags(("owner", "flight operations"), ("task", "binary classification"))
            .WithDescription($"Will a flight be over 15 minutes late, asked one hour before departure: {model.Trainer}, validation AUC {evaluation.Auc.Estimate:F4}")
            .BuildAsync(stop);
        return await step.RegisterAsync(draft, stop);
    }

    private async Task<BinaryEvaluation> EvaluateAsync(TrainedModel model, TrainingData data, CancellationToken stop)
    {
        var rows = await RowsAsync(data.Validate, stop);
        return BinaryMetrics.Evaluate(rows.Labels, model.Predict(rows, stop));
    }

    private async Task<FeatureMatrix> RowsAsync(ArtifactRef frame, CancellationToken stop) =>
        FeatureMatrix.FromFrame(await artifacts.GetFrameAsync(frame, stop), Inputs, "late");
}
