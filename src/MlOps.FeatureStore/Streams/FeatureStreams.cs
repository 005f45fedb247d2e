namespace MlOps.Features;

/// <summary>The stream jobs of a store in this process.</summary>
internal sealed class FeatureStreams(FeatureStore store, EnvironmentContext context) : IFeatureStreams
{
    private readonly StreamOffsets _offsets = new(new MetadataArea(context.Metadata, FeatureSchema.Instance), context.Clock);
    private readonly Dictionary<string, StreamRun?> _running = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    public IReadOnlyList<IStreamRun> Running
    {
        get
        {
            context.Access.Require(EnvironmentPermission.ManageFeatures, "stream jobs");
            StreamRun[] runs;
            lock (_gate)
                runs = [.. _running.Values.OfType<StreamRun>()];
            return [.. runs.Where(run => store.SeesWhole(run.Job.View))];
        }
    }

    public async ValueTask<IStreamRun> StartAsync(StreamJob job, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.ManageFeatures, $"stream job '{job?.Name}'");
        ArgumentNullException.ThrowIfNull(job);
        Check(job);
        var view = store.Find(job.View);
        await store.EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            if (!_running.TryAdd(job.Name, null))
                throw new InvalidDefinitionException($"Stream job '{job.Name}' is running already: stop it first, or give the other job another name.");
        }

        StreamRun? run = null;
        try
        {
            run = await StreamRun.StartAsync(store, context, job, view, _offsets, cancellationToken).ConfigureAwait(false);
            return run;
        }
        finally
        {
            lock (_gate)
            {
                if (run is null)
                    _running.Remove(job.Name);
                else
                    _running[job.Name] = run;
            }

            if (run is not null)
                _ = ForgetAsync(run);
        }
    }

    public async Task RunAsync(StreamJob job, CancellationToken cancellationToken = default)
    {
        var run = await StartAsync(job, cancellationToken).ConfigureAwait(false);
        await using (run.ConfigureAwait(false))
        await using (cancellationToken.Register(() => ((StreamRun)run).StopReading()).ConfigureAwait(false))
            await run.Completion.ConfigureAwait(false);
    }

    /// <summary>Refuses to replace an online state that holds rows of a landing job which have not landed.</summary>
    public async ValueTask RequireLandedAsync(FeatureView view, CancellationToken cancellationToken)
    {
        foreach (var (job, part, landed, _, _) in await _offsets.ReadAllAsync(view, cancellationToken).ConfigureAwait(false))
        {
            var online = await store.LastOffsetAsync(view, $"stream/{job}/{part}", cancellationToken).ConfigureAwait(false);
            if (online > landed)
                throw new InvalidInputException(
                    $"Feature view '{view.Name}' cannot be rebuilt now: stream job '{job}' has brought {part} online up to offset {online}, but offline up to {landed} only, and the rows between would be lost. Stop the job, which lands them, then rebuild.");
        }
    }

    /// <summary>Takes the records that hold a key out of the dead-letter files of all jobs; how many there were.</summary>
    public async ValueTask<int> EraseDeadLettersAsync(IReadOnlyList<string> key, CancellationToken cancellationToken)
    {
        StreamRun[] runs;
        lock (_gate)
            runs = [.. _running.Values.OfType<StreamRun>()];
        var erased = 0;
        foreach (var run in runs)
            erased += await run.Poison.EraseAsync(key, cancellationToken).ConfigureAwait(false);
        var root = Path.Combine(context.Directory, "features", "streams");
        foreach (var path in context.Files.ListFiles(root, recursive: true).Where(path => path.EndsWith(".jsonl", StringComparison.Ordinal)))
        {
            if (!runs.Any(run => Path.GetFileName(Path.GetDirectoryName(path)) == run.Job.Name))
                erased += DeadLetters.Erase(context.Files, path, key);
        }

        return erased;
    }

    private async Task ForgetAsync(StreamRun run)
    {
        await run.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
            _running.Remove(run.Job.Name);
    }

    private static void Check(StreamJob job)
    {
        DefinitionText.CheckName("stream job", job.Name);
        var mistakes = new List<string>();
        if (job.LateRows == LateRows.OfflineOnly && !job.LandOffline)
            mistakes.Add("late rows are to be kept offline only, but the job does not land: set LandOffline");
        if (job.MaxOutOfOrderness < TimeSpan.Zero || job.AllowedLateness < TimeSpan.Zero)
            mistakes.Add($"out of order by {job.MaxOutOfOrderness}, late by {job.AllowedLateness}: neither can be negative");
        if (job.IdleAfter <= TimeSpan.Zero || job.LandEvery <= TimeSpan.Zero)
            mistakes.Add($"idle after {job.IdleAfter}, landing every {job.LandEvery}: both must be positive");
        if (job.PushRows < 1 || job.LandRows < 1 || job.RowsInFlight < 1)
            mistakes.Add($"{job.PushRows} rows a push, {job.LandRows} a batch, {job.RowsInFlight} in flight: each must be positive");
        if (job.LandRows > 1 << 24)
            mistakes.Add($"{job.LandRows} rows a batch: 16,777,216 are allowed");
        if (job.DuplicateWindow < 1 || job.MaxPoison < 0)
            mistakes.Add($"a duplicate window of {job.DuplicateWindow}, {job.MaxPoison} records set aside: choose a positive window and no negative number");
        if (mistakes.Count > 0)
            throw new InvalidDefinitionException($"Stream job '{job.Name}': {string.Join("; ", mistakes)}.");
    }
}
