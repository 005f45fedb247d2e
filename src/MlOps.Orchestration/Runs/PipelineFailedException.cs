namespace MlOps.Orchestration;

/// <summary>A run that was expected to complete did not.</summary>
/// <param name="run">The run.</param>
public sealed class PipelineFailedException(PipelineRun run) : MlOpsException(Describe(run))
{
    /// <summary>The run.</summary>
    public PipelineRun Run { get; } = run;

    private static string Describe(PipelineRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var failed = run.Steps.Where(step => step.Status == PipelineStatus.Failed).Select(step => $"step '{step.Name}': {step.Error}").ToArray();
        return $"Run {run.Id} of pipeline '{run.Pipeline}' is {run.Status}: {(failed.Length > 0 ? string.Join("; ", failed) : run.Error ?? "no step failed")}. " +
            "Resume it with Pipelines.ResumeAsync to go on from the failed steps.";
    }
}
