using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MlOps.Registry;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace MlOps.Orchestration;

internal sealed partial class RunExecutor
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromHours(1);

    private async Task RunNodeAsync(PipelineNode node, string[] inputs)
    {
        Settled settled;
        try
        {
            settled = node.Kind == StepKind.Step
                ? await RunStepAsync(node, inputs).ConfigureAwait(false)
                : await EvaluateAsync(node, inputs).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (IsCutOff)
        {
            settled = new Settled(node.Index, null, null);
        }
        catch (Exception caught)
        {
            var error = caught is CommitRefusedException { InnerException: { } cause } ? cause : caught;

            // Only commits get here: the store refused, so this host must not go on as if it had not.
            Interlocked.CompareExchange(ref _fault, error, null);
            StopWork();
            settled = new Settled(node.Index, null, null);
        }

        _settled.Writer.TryWrite(settled);
    }

    // Decisions and joins are pure and quick: one commit, no slot, no attempt.
    private async Task<Settled> EvaluateAsync(PipelineNode node, string[] inputs)
    {
        var started = Now;
        StepRow row;
        try
        {
            var output = await node.Body(_pipeline.Json, null!, inputs, _work.Token).ConfigureAwait(false);
            row = new StepRow(node.Name, PipelineStatus.Completed)
            {
                Output = output,
                Reason = node.Kind == StepKind.Decision ? $"answered {(output == "true" ? "yes" : "no")}" : "took the branch that ran",
            };
        }
        catch (Exception error)
        {
            row = new StepRow(node.Name, PipelineStatus.Failed) { Error = Describe(error), Reason = "the condition threw", Failures = 1 };
        }

        row = row with { StartedAt = started, EndedAt = Now };
        await CommitAsync(async session => await RunStore.PutStepAsync(session, _run.Id, row).ConfigureAwait(false)).ConfigureAwait(false);
        Tell(node.Name, row.Status, row.Reason);
        return new Settled(node.Index, row.Status, row.Output);
    }

    private async Task<Settled> RunStepAsync(PipelineNode node, string[] inputs)
    {
        await _slots.WaitAsync(_work.Token).ConfigureAwait(false);
        try
        {
            var row = RowOf(node.Name) ?? new StepRow(node.Name, PipelineStatus.Pending);
            if (row.Status == PipelineStatus.Running)
                row = row with { Interruptions = row.Interruptions + 1 };
            var cached = _run.UseCache && node.Policy.Cached && node.Output != typeof(Done);
            var key = cached ? CacheKey(node, inputs) : null;
            if (key is not null && await FindUsableAsync(key).ConfigureAwait(false) is var (from, output) && output is not null)
            {
                return await FinishAsync(node, row with { StartedAt = row.StartedAt ?? Now, CachedFrom = from }, PipelineStatus.Completed, output, null,
                    $"reused from run {from}: same code, inputs and environment", null).ConfigureAwait(false);
            }

            if (row.Interruptions > _scope.Options.MaxInterruptions)
            {
                return await FinishAsync(node, row, PipelineStatus.Failed, null,
                    $"It was cut off {row.Interruptions} times, which is more than {nameof(OrchestrationOptions.MaxInterruptions)} = {_scope.Options.MaxInterruptions}; it probably kills its host.",
                    "given up", null).ConfigureAwait(false);
            }

            row = row with { Reason = !cached ? "it always runs: caching is off" : "no former result with this code, these inputs and this environment" };
            return await AttemptAsync(node, inputs, row, key).ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<Settled> AttemptAsync(PipelineNode node, string[] inputs, StepRow row, string? key)
    {
        Exception? refused = null;
        async ValueTask Guarded(Func<IMetadataSession, ValueTask> body)
        {
            try
            {
                await CommitAsync(body).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                refused = error;
                throw;
            }
        }

        if (row.RetryAt is { } retryAt && retryAt > Now)
            await Task.Delay(retryAt - Now, _scope.Context.Clock, _work.Token).ConfigureAwait(false);

        var delay = TimeSpan.Zero;
        var builder = new ResiliencePipelineBuilder { TimeProvider = _scope.Context.Clock };
        if (node.Policy.Retries - row.Failures > 0)
        {
            builder.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = node.Policy.Retries - row.Failures,
                ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is not null && refused is null && !IsCutOff),
                DelayGenerator = _ => ValueTask.FromResult<TimeSpan?>(delay = DelayBefore(node, row.Failures + 1)),
                OnRetry = async arguments =>
                {
                    row = row with { Status = PipelineStatus.Pending, Failures = row.Failures + 1, RetryAt = Now + delay, Error = Describe(arguments.Outcome.Exception!) };
                    LogRetry(_scope.Logger, _run.Id, node.Name, row.Failures, delay, arguments.Outcome.Exception!);
                    await Guarded(async session =>
                    {
                        await RunStore.EndAttemptAsync(session, _run.Id, node.Name, PipelineStatus.Failed, row.Error, Now).ConfigureAwait(false);
                        await RunStore.PutStepAsync(session, _run.Id, row).ConfigureAwait(false);
                    }).ConfigureAwait(false);
                    Remember(row);
                    Tell(node.Name, PipelineStatus.Pending, $"failed, tries again: {row.Error}");
                },
            });
        }

        if (node.Resilience is not null)
            builder.AddPipeline(node.Resilience);
        if (node.Policy.TimeLimit is { } limit)
            builder.AddTimeout(new TimeoutStrategyOptions { Timeout = limit });

        try
        {
            var output = await builder.Build().ExecuteAsync(async token =>
            {
                row = row with { Status = PipelineStatus.Running, StartedAt = row.StartedAt ?? Now, RetryAt = null };
                await Guarded(async session =>
                {
                    await RunStore.PutStepAsync(session, _run.Id, row).ConfigureAwait(false);
                    await RunStore.BeginAttemptAsync(session, _run.Id, node.Name, _run.Fence, _scope.Owner, Now).ConfigureAwait(false);
                }).ConfigureAwait(false);
                Remember(row);
                Tell(node.Name, PipelineStatus.Running, row.Reason);
                EngineScope.EnterStep();
                return await node.Body(_pipeline.Json, ContextFor(node, row), inputs, token).ConfigureAwait(false);
            }, _work.Token).ConfigureAwait(false);
            return await FinishAsync(node, row, PipelineStatus.Completed, output, null, row.Reason, key).ConfigureAwait(false);
        }
        catch (Exception error) when (refused is null && error is not CommitRefusedException && !(error is OperationCanceledException && IsCutOff))
        {
            if (row.Status != PipelineStatus.Running)
                throw;
            LogFailed(_scope.Logger, _run.Id, node.Name, error);
            _tracking?.Fail(error);
            return await FinishAsync(node, row with { Failures = row.Failures + 1 }, PipelineStatus.Failed, null, Describe(error),
                $"failed after {row.Failures + 1} attempt{(row.Failures == 0 ? "" : "s")}", null).ConfigureAwait(false);
        }
    }

    private async Task<Settled> FinishAsync(PipelineNode node, StepRow row, PipelineStatus status, string? output, string? error, string reason, string? cacheKey)
    {
        // What an output names may be old, or may have been stored days ago when the step began.
        if (output is not null)
            await BlobReferences.RefreshAsync(_scope.Context.Artifacts, output, CancellationToken.None).ConfigureAwait(false);
        var ended = row with { Status = status, Output = output, Error = error, Reason = reason, EndedAt = Now, RetryAt = null };
        try
        {
            // What the step logged is durable before the step counts as finished: it will not run again.
            if (_tracking is not null && status == PipelineStatus.Completed && row.CachedFrom is null)
                await _tracking.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            await CommitAsync(async session =>
            {
                await RunStore.EndAttemptAsync(session, _run.Id, node.Name, status, error, Now).ConfigureAwait(false);
                await RunStore.PutStepAsync(session, _run.Id, ended).ConfigureAwait(false);
                if (cacheKey is not null && output is not null)
                    await RunStore.PutCachedAsync(session, cacheKey, _run.Id, node.Name, output, Now).ConfigureAwait(false);
            }).ConfigureAwait(false);
        }
        catch (Exception refused)
        {
            throw new CommitRefusedException(refused);
        }

        Remember(ended);
        Tell(node.Name, status, error ?? reason);
        return new Settled(node.Index, status, output);
    }

    private StepRow? RowOf(string step)
    {
        lock (_rows)
            return _rows.GetValueOrDefault(step);
    }

    private void Remember(StepRow row)
    {
        lock (_rows)
            _rows[row.Step] = row;
    }

    private StepContext ContextFor(PipelineNode node, StepRow row) => new(
        _scope.Environment, _run.Id, _run.Pipeline, node.Name, row.Failures + 1, WorkspaceOf(node.Name), _tracking,
        _run.Provenance is null ? null : JsonSerializer.Deserialize(_run.Provenance, OrchestrationJson.Default.ModelProvenance),
        _scope.Logger, (fraction, message) => Tell(node.Name, PipelineStatus.Running, message, fraction));

    private string CacheKey(PipelineNode node, string[] inputs)
    {
        var text = new StringBuilder("1\n").Append(_scope.Context.Name).Append('\n').Append(_pipeline.Name).Append('\n').Append(_pipeline.CodeVersion)
            .Append('\n').Append(node.Name).Append('\n').Append(node.Output.FullName);
        foreach (var input in inputs)
            text.Append('\n').Append(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(input))));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    // A former result that names a blob which has since been collected is no result.
    private async ValueTask<(string From, string? Output)> FindUsableAsync(string key)
    {
        if (await _scope.Store.FindCachedAsync(key, _work.Token).ConfigureAwait(false) is not var (runId, output))
            return ("", null);
        return await BlobReferences.RefreshAsync(_scope.Context.Artifacts, output, _work.Token).ConfigureAwait(false) ? (runId, output) : ("", null);
    }

    private TimeSpan DelayBefore(PipelineNode node, int failures)
    {
        var first = node.Policy.RetryDelay;
        var ticks = node.Policy.Backoff switch
        {
            RetryBackoff.Constant => first.Ticks,
            RetryBackoff.Linear => (double)first.Ticks * failures,
            _ => first.Ticks * Math.Pow(2, Math.Min(failures - 1, 40)) * (1 + (Spread(node.Name, failures) / 4)),
        };
        return TimeSpan.FromTicks((long)Math.Min(ticks, LongestDelay.Ticks));
    }

    private double Spread(string step, int failures) =>
        SHA256.HashData(Encoding.UTF8.GetBytes($"{_run.Id}/{step}/{failures.ToString(CultureInfo.InvariantCulture)}"))[0] / 256.0;

    private static string Describe(Exception error)
    {
        var text = error is TimeoutRejectedException timeout
            ? $"The attempt took longer than its limit of {timeout.Timeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)} s."
            : $"{error.GetType().Name}: {error.Message}";
        return text.Length <= 4000 ? text : text[..4000];
    }
}
