using Microsoft.Extensions.DependencyInjection;
using MlOps.Registry;

namespace MlOps.Orchestration;

internal sealed partial class Promotions
{
    private async ValueTask<PromotionRow> CopyAsync(PromotionRow row, CancellationToken cancellationToken)
    {
        var staged = await StagedAsync(row, cancellationToken).ConfigureAwait(false);
        var source = Environments()[row.Source].Context.Artifacts;
        long bytes = 0;
        foreach (var artifact in staged.Artifacts.DistinctBy(artifact => artifact.Content.Digest))
        {
            bytes += artifact.Content.Size;
            if (await _context.Artifacts.ExistsAsync(artifact.Content.ParsedDigest, cancellationToken).ConfigureAwait(false))
                continue;
            var content = await source.OpenReadAsync(artifact.Content.ParsedDigest, cancellationToken).ConfigureAwait(false);
            await using (content.ConfigureAwait(false))
            {
                var copied = await _context.Artifacts.PutAsync(content, artifact.Content.MediaType, cancellationToken).ConfigureAwait(false);
                if (copied.Digest != artifact.Content.Digest)
                    throw new CorruptDataException($"Artifact {artifact.Kind}/{artifact.Name} of {row.Source}/{row.Version} arrived as {copied.Digest} instead of {artifact.Content.Digest}.");
            }
        }

        return row with { State = PromotionState.Copied, Detail = $"{staged.Artifacts.Count} artifacts, {bytes} bytes" };
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
            Key = $"promotion:{row.Id}",
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
        var origin = row.State == PromotionState.Retrained
            ? await Registry().GetAsync(row.Result!.Value, cancellationToken).ConfigureAwait(false)
            : await StagedAsync(row, cancellationToken).ConfigureAwait(false);
        if (row.State == PromotionState.Retrained && origin.Model == row.Version.Model && origin.Provenance == expected)
            return row with { State = PromotionState.Registered, Detail = $"{origin.Ref} names the staged version" };
        var registered = await Registry().RegisterAsync(new ModelVersionDraft
        {
            Model = row.Version.Model,
            Key = $"promotion:{row.Id}",
            Artifacts = origin.Artifacts,
            Signature = origin.Signature,
            Metrics = origin.Metrics,
            Tags = origin.Tags,
            Description = origin.Description,
            RunId = row.State == PromotionState.Retrained ? origin.RunId : null,
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

    private static ModelProvenance Provenance(PromotionRow row) => new(row.Source, row.Version.ToString(), row.Manifest, row.Options.Strategy.ToString());
}
