using Microsoft.Extensions.Logging;

namespace MlOps.Serving;

/// <summary>Rewards, ramps, exposures and reports of the policies with several variants.</summary>
internal sealed partial class Endpoint
{
    private readonly TrialStore _trials = new(context);
    private readonly Lock _rewarding = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly Dictionary<(string Experiment, string Version), ArmStatistics> _rewards = [];
    private readonly List<EndpointState> _former = [];
    private AnswerMemory? _answers;

    /// <summary>Where exposures go; null where none are written.</summary>
    public ExposureLog? Exposures { get; init; }

    public ITrafficGuard[] Guards { get; init; } = [];

    public async ValueTask<int> RewardAsync(IReadOnlyList<Reward> rewards, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.Predict, $"the rewards of endpoint '{Name}'");
        ArgumentNullException.ThrowIfNull(rewards);
        var state = await StateAsync(cancellationToken).ConfigureAwait(false);
        if (state.Trial?.Bandit is not { } bandit)
            throw new InvalidInputException($"Endpoint '{Name}' has no bandit that could learn from rewards: its policy is {state.Policy.Kind}.");
        foreach (var reward in rewards)
            Check(reward, bandit.Options, state);
        var counted = 0;
        lock (_rewarding)
        {
            foreach (var reward in rewards)
            {
                var version = reward.Variant is { } variant ? state.Versions[Array.IndexOf(state.Variants, variant)].VersionText : _answers?.Take(reward.Prediction);
                if (version is null)
                    continue;
                var key = (bandit.Options.Experiment, version);
                _rewards[key] = _rewards.GetValueOrDefault(key).Add(reward.Value);
                counted++;
            }
        }

        // Those that come while one writes are written together by the next: what was acknowledged is durable.
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await WriteRewardsAsync(bandit, state).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }

        return counted;
    }

    public async ValueTask<TrafficReport> GetTrafficReportAsync(CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.Read, $"the traffic of endpoint '{Name}'");
        var state = await StateAsync(cancellationToken).ConfigureAwait(false);
        await WriteCountsAsync(state, cancellationToken).ConfigureAwait(false);
        return await ReportAsync(state, cancellationToken).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<ExposureRecord> GetExposuresAsync(
        long? revision = null, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.Read, $"the exposures of endpoint '{Name}'");
        if (Exposures is null)
            yield break;
        await Exposures.FlushAsync(cancellationToken).ConfigureAwait(false);
        var wanted = revision ?? (await traffic.FindAsync(Name, cancellationToken).ConfigureAwait(false))?.Revision ?? 0;
        var last = "";
        while (true)
        {
            const int page = 1_000;
            var found = await Exposures.Store.ReadAsync(Name, wanted, last, page, cancellationToken).ConfigureAwait(false);
            foreach (var exposure in found)
                yield return exposure;
            if (found.Count < page)
                yield break;
            last = found[^1].Key;
        }
    }

    public async ValueTask<int> DeleteExposuresAsync(Timestamp before, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.Operate, $"the exposures of endpoint '{Name}'");
        return Exposures is null ? 0 : await Exposures.Store.DeleteAsync(Name, before, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes down what was counted, learns what other processes were rewarded, and moves a ramp on.</summary>
    public async ValueTask TendAsync(CancellationToken cancellationToken)
    {
        EndpointState[] former;
        lock (_former)
        {
            former = [.. _former];
            _former.Clear();
        }

        foreach (var left in former)
            await WriteCountsAsync(left, cancellationToken).ConfigureAwait(false);
        if (Volatile.Read(ref _state) is not { Trial: { } trial } state)
            return;
        await WriteCountsAsync(state, cancellationToken).ConfigureAwait(false);
        if (trial.Bandit is { } bandit)
            Learn(bandit, state, await _trials.ArmsAsync(Name, bandit.Options.Experiment, cancellationToken).ConfigureAwait(false));
        if (state.Policy.Ramp is not null)
            await RampAsync(state, cancellationToken).ConfigureAwait(false);
    }

    private TrafficTrial? TrialOf(TrafficRow row, TrafficPolicy policy)
    {
        if (_state is { Trial: not null } former)
        {
            lock (_former)
                _former.Add(former);
        }

        if (policy.Shares.Count == 1 && policy.Kind != TrafficKind.ChampionChallenger)
            return null;
        var bandit = policy.Bandit is { } options ? new Bandit(options, policy.Shares.Count) : null;
        if (bandit is not null)
            _answers ??= new AnswerMemory(bandit.Options.RememberedAnswers);
        return new TrafficTrial(row, policy, bandit, bandit is null ? null : _answers, Exposures);
    }

    private async ValueTask WriteRewardsAsync(Bandit bandit, EndpointState state)
    {
        var experiment = bandit.Options.Experiment;
        Dictionary<string, ArmStatistics> taken;
        lock (_rewarding)
        {
            taken = _rewards.Where(pair => pair.Key.Experiment == experiment).ToDictionary(pair => pair.Key.Version, pair => pair.Value, StringComparer.Ordinal);
            foreach (var version in taken.Keys)
                _rewards.Remove((experiment, version));
        }

        if (taken.Count == 0)
            return;
        try
        {
            Learn(bandit, state, await _trials.RewardAsync(Name, experiment, taken, CancellationToken.None).ConfigureAwait(false));
        }
        catch
        {
            lock (_rewarding)
            {
                foreach (var (version, arm) in taken)
                    _rewards[(experiment, version)] = _rewards.GetValueOrDefault((experiment, version)).Merge(arm);
            }

            throw;
        }
    }

    private static void Learn(Bandit bandit, EndpointState state, Dictionary<string, ArmStatistics> arms) =>
        bandit.Learn([.. state.Versions.Select(version => arms.GetValueOrDefault(version.VersionText))]);

    private void Check(in Reward reward, BanditOptions options, EndpointState state)
    {
        if (reward.Variant is null == reward.Prediction.IsEmpty)
            throw new InvalidInputException($"A reward for endpoint '{Name}' names {(reward.Variant is null ? "neither a prediction nor a variant" : "both a prediction and a variant")}: give one of them.");
        if (reward.Variant is { } variant && Array.IndexOf(state.Variants, variant) < 0)
            throw new NotFoundException($"Endpoint '{Name}' has no variant '{variant}'. {NearestNames.Describe(variant, state.Variants)}");
        var allowed = options.Algorithm switch
        {
            BanditAlgorithm.ThompsonBernoulli => reward.Value is 0 or 1,
            BanditAlgorithm.Ucb1 => reward.Value is >= 0 and <= 1,
            _ => double.IsFinite(reward.Value),
        };
        if (!allowed)
            throw new InvalidInputException($"The reward {reward.Value} is not allowed for {options.Algorithm} at endpoint '{Name}': it must be {options.Algorithm switch { BanditAlgorithm.ThompsonBernoulli => "0 or 1", BanditAlgorithm.Ucb1 => "between 0 and 1", _ => "finite" }}.");
    }

    private async ValueTask WriteCountsAsync(EndpointState state, CancellationToken cancellationToken)
    {
        if (state.Trial is not { } trial)
            return;
        var totals = trial.TakeCounts();
        if (totals.All(total => total == default))
            return;
        try
        {
            await _trials.AddCountsAsync(state.Row, totals, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            trial.ReturnCounts(totals);
            throw;
        }
    }

    private async ValueTask<TrafficReport> ReportAsync(EndpointState state, CancellationToken cancellationToken)
    {
        var counts = await _trials.CountsAsync(Name, state.Row.Revision, cancellationToken).ConfigureAwait(false);
        VariantReport[] variants =
        [
            .. state.Policy.Shares.Select(share =>
            {
                var totals = counts.GetValueOrDefault(share.Variant);
                return new VariantReport(
                    share.Variant, share.Version, totals.Answers, totals.Failures, TimeSpan.FromTicks(totals.Answers == 0 ? 0 : totals.Ticks / totals.Answers));
            }),
        ];
        return new TrafficReport(Name, state.Row.Revision, state.Policy, state.Row.ChangedAt, variants, ReportArms(state), state.Shadow?.Report());
    }

    private static ArmReport[] ReportArms(EndpointState state)
    {
        if (state.Trial?.Bandit is not { } bandit)
            return [];
        var arms = bandit.Arms;
        var best = BestOf(bandit, arms);
        return
        [
            .. arms.Select((arm, i) => new ArmReport(
                state.Variants[i], state.Versions[i].Version, arm.Count, arm.Count == 0 ? double.NaN : arm.Mean, arm.Count == 0 ? double.NaN : arm.Squares / arm.Count, best[i])),
        ];
    }

    private static double[] BestOf(Bandit bandit, ArmStatistics[] arms)
    {
        const int draws = 10_000;
        var best = new double[arms.Length];
        if (bandit.Options.Algorithm is BanditAlgorithm.ThompsonBernoulli or BanditAlgorithm.ThompsonGaussian)
        {
            for (var i = 0; i < draws; i++)
                best[bandit.Choose(unchecked((ulong)i * 0x2545F4914F6CDD1DUL))] += 1.0 / draws;
        }
        else if (arms.Any(arm => arm.Count > 0))
        {
            best[Array.IndexOf(arms, arms.Where(arm => arm.Count > 0).MaxBy(arm => arm.Mean))] = 1;
        }

        return best;
    }

    [LoggerMessage(4184, LogLevel.Information, "The canary {Version} of endpoint '{Endpoint}' goes to step {Step} with a share of {Share}")]
    private static partial void LogRamp(ILogger logger, string endpoint, ModelVersionRef version, int step, double share);

    [LoggerMessage(4185, LogLevel.Warning, "The ramp of {Version} at endpoint '{Endpoint}' was stopped: {Reason}")]
    private static partial void LogRampStopped(ILogger logger, string endpoint, ModelVersionRef version, string reason);
}
