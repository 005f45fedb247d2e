using MlOps;
using MlOps.Learning;
using MlOps.Registry;

/// <summary>How many days of history are used.</summary>
public sealed record TrainingDays(int Days);

/// <summary>Joins features as they were known, trains, and registers what is good enough.</summary>
public sealed class ChurnTraining(IFeatureStore features, IArtifactStore artifacts) : IPipeline<TrainingDays>
{
    public string Name => "churn-training";

    public void Define(PipelineBuilder<TrainingDays> pipeline) => pipeline
        .Then("join", JoinAsync, step => step.NoCache())
        .Then("train", TrainAsync, step => step.Retry(3))
        .When(draft => draft.Metrics["auc"] > 0.6, good => good.Register(draft => draft));

    private async Task<ArtifactRef> JoinAsync(StepContext step, TrainingDays days, CancellationToken stop)
    {
        await Orders.IngestAsync(features, days.Days);
        var frame = await features.GetTrainingFrameAsync(Orders.Labels(days.Days), "asked_at", "churn", cancellationToken: stop);
        return await artifacts.PutFrameAsync(frame, stop);
    }

    private async Task<ModelVersionDraft> TrainAsync(StepContext step, ArtifactRef frame, CancellationToken stop)
    {
        var rows = FeatureMatrix.FromFrame(await artifacts.GetFrameAsync(frame, stop), features.FeatureNamesOf("churn"), "churned");
        var (train, test) = rows.SplitAt(rows.RowCount * 3 / 4);
        var model = new GradientBoostedTreesTrainer().Train(train, cancellationToken: stop);
        var evaluation = BinaryMetrics.Evaluate(test.Labels, model.Predict(test, stop));
        return await new ModelVersionBuilder(artifacts, "churn")
            .WithTrainedModel(model, train, evaluation)
            .WithFeaturize($$"""{"service":"{{features.IdOf("churn")}}"}""")
            .WithData(new DataReference("orders", "training", frame.Digest, rows.RowCount))
            .WithTags(("owner", "growth"))
            .BuildAsync(stop);
    }
}
