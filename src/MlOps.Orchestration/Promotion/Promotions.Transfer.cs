using Microsoft.Extensions.DependencyInjection;
using MlOps.Registry;

namespace MlOps.Orchestration;

internal sealed partial class Promotions
{
    // The copy is registered as well, under the promotion's key and without alias or traffic; the next state finds it again.
    private async ValueTask<PromotionRow> CopyAsync(PromotionRow row, CancellationToken cancellationToken)
    {
        var staged = await StagedAsync(row, cancellationToken).ConfigureAwait(false);
        var environments = Environments();
        var copy = await ModelCopier.CopyAsync(environments[row.Source], row.Version, environments[_context.Name], Key(row), cancellationToken).ConfigureAwait(false);
        return row with
        {
            State = PromotionState.Copied,
            Result = copy.Ref,
            Detail = $"{staged.Artifacts.Count} artifacts, {staged.Artifacts.Sum(artifact => artifact.Content.Size)} bytes, manifest {copy.Manifest.Digest}",
        };
    }

    private async ValueTask<PromotionRow> RetrainAsync(PromotionRow row, CancellationToken cancellationToken)
    {
        var staged = await StagedAsync(row, cancellationToken).ConfigureAwait(false);
        var (pipeline, input, gate) = await PlanRetrainingAsync(row, staged, cancellationToken).ConfigureAwait(false);
        if (!gate.Passed)
            return Refuse(row, gate);
        var engine = _services.GetRequiredKeyedService<PipelineEngine>(_context.Name);
        var created = await engine.StartAsync(pipeline!.Name, input!, new RunPipelineOptions
        {
            Key = Key(row),
            Reason = $"retraining for the promotion {row.Id} of {row.Source}/{row.Version}",
            Provenance = Provenance(row),
        }, cancellationToken).ConfigureAwait(false);
        var run = await engine.WaitAsync(created.Id, cancellationToken).ConfigureAwait(false);
        if (run.Status != PipelineStatus.Completed)
            return Refuse(row with { RetrainRun = run.Id }, new GateResult("retraining", false, $"run {run.Id} {run.Status}: {new PipelineFailedException(run).Message}", "a completed run"));
        return run.Model is { } model
            ? row with { State = PromotionState.Retrained, RetrainRun = run.Id, Result = model, Detail = $"run {run.Id} made {model}" }
            : Refuse(row with { RetrainRun = run.Id }, new GateResult("retraining", false, $"run {run.Id} registered nothing", "a registered version",
                $"No completed step of pipeline '{run.Pipeline}' yields a {nameof(ModelVersionRef)}: use Register, or return what StepContext.RegisterAsync returns."));
    }

    private async ValueTask<PromotionRow> RegisterAsync(PromotionRow row, CancellationToken cancellationToken)
    {
        var expected = Provenance(row);
        var origin = await Registry().GetAsync(row.Result!.Value, cancellationToken).ConfigureAwait(false);
        if (origin.Model == row.Version.Model && origin.Provenance == expected)
            return row with { State = PromotionState.Registered, Detail = $"{origin.Ref} stands for {row.Source}/{row.Version}" };

        // The pipeline registered without StepContext.RegisterAsync: the version that names what it stands for is a second one.
        var registered = await Registry().RegisterAsync(new ModelVersionDraft
        {
            Model = row.Version.Model,
            Key = Key(row),
            Artifacts = origin.Artifacts,
            Signature = origin.Signature,
            Metrics = origin.Metrics,
            Tags = origin.Tags,
            Description = origin.Description,
            RunId = origin.RunId,
            Provenance = expected,
        }, cancellationToken).ConfigureAwait(false);
        return row with { State = PromotionState.Registered, Result = registered.Ref, Detail = registered.Ref.ToString() };
    }

    // "The same pipeline, code and parameters": taken from the run that made the staged version, and checked against what this host would run.
    private async ValueTask<(CompiledPipeline? Pipeline, string? Input, GateResult Gate)> PlanRetrainingAsync(PromotionRow row, ModelVersion staged, CancellationToken cancellationToken)
    {
        const string Name = "retraining-plan";
        var engine = _services.GetRequiredKeyedService<PipelineEngine>(_context.Name);
        var made = staged.RunId is null
            ? null
            : await Environments()[row.Source].Get<PipelineEngine>().Store.FindByTrackingRunAsync(staged.RunId, cancellationToken).ConfigureAwait(false);
        var name = row.Options.RetrainPipeline ?? made?.Pipeline;
        var input = row.Options.RetrainInput ?? made?.Input;
        if (name is null || input is null)
        {
            return (null, null, new GateResult(Name, false, "no pipeline run made the staged version", "the run that made it",
                $"Set {nameof(PromotionOptions.RetrainPipeline)} and {nameof(PromotionOptions.RetrainInput)}, or register versions with StepContext.RegisterAsync."));
        }

        if (engine.Catalog.Find(name) is not { } pipeline)
        {
            return (null, null, new GateResult(Name, false, $"pipeline '{name}' is unknown here", "a registered pipeline",
                NearestNames.Describe(name, engine.Names)));
        }

        if (row.Options.RetrainPipeline is null && made is not null && (made.CodeVersion != pipeline.CodeVersion || made.DefinitionHash != pipeline.DefinitionHash))
        {
            return (null, null, new GateResult(Name, false, $"code {pipeline.CodeVersion}, graph {pipeline.DefinitionHash[..12]}", $"code {made.CodeVersion}, graph {made.DefinitionHash[..12]}",
                "The pipeline has changed since the staged version was made: run it again in the source and promote that version."));
        }

        return (pipeline, PipelineEngine.Normalise(pipeline, input), new GateResult(Name, true, $"pipeline '{name}'", "the same pipeline, code and parameters"));
    }

    private static string Key(PromotionRow row) => $"promotion:{row.Id}";

    private static ModelProvenance Provenance(PromotionRow row) => new(row.Source, row.Version.ToString(), row.Manifest, row.Options.Strategy.ToString());
}
