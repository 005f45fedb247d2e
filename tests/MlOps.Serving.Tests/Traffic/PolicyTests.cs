using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;

namespace MlOps.Serving.Tests.Traffic;

public sealed class PolicyTests
{
    private static readonly ModelVersionRef One = new("m", 1);
    private static readonly ModelVersionRef Two = new("m", 2);

    // As written before there were kinds, ramps and bandits.
    private const string FormatOne =
        """{"format":1,"salt":"000102030405060708090a0b0c0d0e0f","shares":[{"version":"m:1","weight":0.9,"variant":"stable"},{"version":"m:2","weight":0.1,"variant":"canary"}],"ranges":[{"start":0,"end":3865470566,"version":"m:1"},{"start":3865470566,"end":4294967296,"version":"m:2"}],"shadowVersion":"m:3","shadowShare":0.5}""";

    [Fact]
    public void Document_OfFormatOne_IsReadAndWrittenAsBefore()
    {
        var document = TrafficDocument.Parse(FormatOne);
        var policy = document.ToPolicy()!;
        policy.Kind.Should().Be(TrafficKind.Canary);
        policy.Shadow.Should().Be(new TrafficShadow(new ModelVersionRef("m", 3), 0.5));
        document.ToJson().Should().Be(FormatOne);
        document.Next(policy).ToJson().Should().Be(FormatOne);
    }

    [Fact]
    public void Document_OfEveryKind_ReadsBackTheSamePolicy()
    {
        var ramp = new TrafficRamp
        {
            Steps = [new(0.1, TimeSpan.FromMinutes(5)), new(0.5, null, 1000), new(1)], Guard = new RampGuard { MaximumLatencyRatio = 2, OnStop = RampStop.Hold }, Step = 1,
        };
        TrafficPolicy[] policies =
        [
            TrafficPolicy.Single(One), TrafficPolicy.Canary(One, Two, 0.25), TrafficPolicy.Canary(One, Two, ramp),
            TrafficPolicy.Split(new TrafficShare(One, 0.5, "blue"), new TrafficShare(Two, 0.5, "green")),
            TrafficPolicy.MultiArmed(new BanditOptions { Algorithm = BanditAlgorithm.EpsilonGreedy, Epsilon = 0.2, Experiment = "button" }, ("a", One), ("b", Two)),
            TrafficPolicy.ChampionChallenger(One, Two), TrafficPolicy.ChampionChallenger(One, Two, 0.3),
            TrafficPolicy.Single(One) with { Shadow = new TrafficShadow(Two, 0.5) { Tolerance = 0.2 } },
        ];
        foreach (var policy in policies)
        {
            policy.Validate();
            var read = TrafficDocument.Parse(new TrafficDocument { Salt = "000102030405060708090a0b0c0d0e0f", Shares = [] }.Next(policy).ToJson()).ToPolicy()!;
            read.Should().BeEquivalentTo(policy with { Shares = Normal(policy.Shares) });
        }

        static TrafficShare[] Normal(IReadOnlyList<TrafficShare> shares) => [.. shares.Select(share => share with { Weight = share.Weight / shares.Sum(other => other.Weight) })];
    }

    [Fact]
    public void Rebalance_AnyChangeOfWeights_MovesTheTotalVariationDistance()
    {
        var weights = Gen.Choose(0, 1000).Select(i => i / 1000.0).ArrayOf(5).Where(w => w.Sum() > 0.01);
        Prop.ForAll(weights.Zip(weights).ToArbitrary(), pair =>
        {
            var (from, to) = (Shares(pair.Item1), Shares(pair.Item2));
            var before = TrafficRanges.Rebalance(TrafficRanges.Rebalance([], Shares(pair.Item2)), from);
            var after = TrafficRanges.Rebalance(before, to);
            var stayed = (from a in before from b in after where a.Version == b.Version select Math.Max(0, Math.Min(a.End, b.End) - Math.Max(a.Start, b.Start))).Sum();
            var moved = 1 - (stayed / (double)TrafficRanges.Units);
            var names = from.Concat(to).Select(share => share.Version).Distinct();
            var distance = names.Sum(name => Math.Abs(from.FirstOrDefault(s => s.Version == name).Share - to.FirstOrDefault(s => s.Version == name).Share)) / 2;
            moved.Should().BeApproximately(distance, 1e-8);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

        static (string Version, double Share)[] Shares(double[] weights) =>
            [.. weights.Select((weight, i) => (Version: $"v{i}", Share: weight / weights.Sum())).Where(share => share.Share > 0)];
    }

    public static TheoryData<TrafficPolicy, string> Impossible => new()
    {
        { new TrafficPolicy { Shares = [] }, "Shares*" },
        { TrafficPolicy.Split(new TrafficShare(One, 1, "a"), new TrafficShare(Two, -1, "b")), "Shares[1].Weight*" },
        { TrafficPolicy.Split(new TrafficShare(One, 1, "a"), new TrafficShare(Two, 1, " ")), "Shares[1].Variant*" },
        { TrafficPolicy.Split(new TrafficShare(One, 1, "fallback"), new TrafficShare(Two, 1, "b")), "Shares[0].Variant*" },
        { TrafficPolicy.MultiArmed(new BanditOptions(), ("a", One)), "Shares*two*" },
        { TrafficPolicy.MultiArmed(new BanditOptions { Epsilon = 2 }, ("a", One), ("b", Two)), "Bandit.Epsilon 2*" },
        { TrafficPolicy.MultiArmed(new BanditOptions { PriorFailures = 0 }, ("a", One), ("b", Two)), "Bandit.PriorFailures 0*" },
        { TrafficPolicy.Single(One) with { Ramp = new TrafficRamp { Steps = [new(0.1)] } }, "Ramp*Kind is Single*" },
        { TrafficPolicy.Canary(One, Two, 0.1) with { Ramp = new TrafficRamp { Steps = [new(0.1), new(0.5)] } }, "Ramp.Steps[0] never ends*" },
        { TrafficPolicy.Canary(One, Two, 0.1) with { Ramp = new TrafficRamp { Steps = [new(0.5, TimeSpan.FromHours(1)), new(0.2)] } }, "Ramp.Steps[1].Share 0.2*" },
        { TrafficPolicy.Single(One) with { Kind = TrafficKind.Bandit }, "Bandit*" },
        { TrafficPolicy.Single(One) with { Shadow = new TrafficShadow(Two) { Tolerance = double.NaN } }, "Shadow.Tolerance*" },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void Validate_ImpossiblePolicy_NamesTheField(TrafficPolicy policy, string message)
    {
        FluentActions.Invoking(policy.Validate).Should().Throw<InvalidDefinitionException>().WithMessage(message);
    }

    [Fact]
    public async Task Ramp_GoesStepByStepByTheClock_AcrossARestart()
    {
        await using var fixture = PolicyFixture.Open();
        var (stable, canary) = (await fixture.RegisterAsync(1), await fixture.RegisterAsync(2));
        var ramp = new TrafficRamp { Steps = [new(0.1, TimeSpan.FromMinutes(10)), new(0.5, TimeSpan.FromMinutes(10), 20), new(1)] };
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Canary(stable, canary, ramp), "ramp");
        await fixture.Serving.Endpoints.RefreshAsync();
        (await ShareAsync(fixture, canary)).Should().BeApproximately(0.1, 1e-9);

        fixture.Clock.Advance(TimeSpan.FromMinutes(6));
        await fixture.Serving.RestartAsync();
        await fixture.Endpoint.WarmUpAsync();
        fixture.Clock.Advance(TimeSpan.FromMinutes(5));
        await fixture.Serving.Endpoints.RefreshAsync();
        (await ShareAsync(fixture, canary)).Should().BeApproximately(0.5, 1e-9, "ten minutes are over, of which six before the restart");

        fixture.Clock.Advance(TimeSpan.FromMinutes(11));
        await fixture.Serving.Endpoints.RefreshAsync();
        (await ShareAsync(fixture, canary)).Should().BeApproximately(0.5, 1e-9, "the answers are missing");
        for (var i = 0; i < 60; i++)
            await fixture.AskAsync(i, $"k{i}");
        await fixture.Serving.Endpoints.RefreshAsync();
        (await ShareAsync(fixture, canary)).Should().Be(1);
        (await fixture.Endpoint.GetTrafficAsync())!.Ramp.Should().BeNull();
        (await fixture.Endpoint.GetHistoryAsync()).Select(change => change.Reason).Should().Equal("ramp", "ramp step 2 of 3: share 0.5", "ramp step 3 of 3: share 1");
    }

    [Fact]
    public async Task Ramp_TwoProcesses_TakeEachStepOnce()
    {
        await using var fixture = PolicyFixture.Open();
        var (stable, canary) = (await fixture.RegisterAsync(1), await fixture.RegisterAsync(2));
        var ramp = new TrafficRamp { Steps = [new(0.1, TimeSpan.FromMinutes(1)), new(0.2, TimeSpan.FromMinutes(1)), new(0.4)] };
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Canary(stable, canary, ramp), "ramp");
        await using var other = fixture.Serving.Join();
        var others = other.GetRequiredKeyedService<IEndpoints>("sandbox");
        await others[PolicyFixture.Model].WarmUpAsync();
        fixture.Clock.Advance(TimeSpan.FromMinutes(1));
        await Task.WhenAll(fixture.Serving.Endpoints.RefreshAsync().AsTask(), others.RefreshAsync().AsTask());
        (await ShareAsync(fixture, canary)).Should().BeApproximately(0.2, 1e-9);
        (await fixture.Endpoint.GetHistoryAsync()).Should().HaveCount(2);
    }

    [Fact]
    public async Task Ramp_CanaryThatFails_IsRolledBackWithTheReason()
    {
        await using var fixture = PolicyFixture.Open();
        var (stable, canary) = (await fixture.RegisterAsync(1), await fixture.RegisterAsync(2));
        var ramp = new TrafficRamp { Steps = [new(0.5, TimeSpan.FromHours(1)), new(1)], Guard = new RampGuard { MinimumAnswers = 20 } };
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Canary(stable, canary, ramp), "ramp");
        await fixture.Endpoint.WarmUpAsync();
        fixture.Models[canary].Fails = true;
        for (var i = 0; i < 100; i++)
            await fixture.AskAsync(i, $"k{i}");
        var report = await fixture.Endpoint.GetTrafficReportAsync();
        report["canary"].FailureShare.Should().Be(1);
        report["stable"].Failures.Should().Be(0);
        (report["canary"].Failures + report["stable"].Answers).Should().Be(100);
        await fixture.Serving.Endpoints.RefreshAsync();
        (await fixture.Endpoint.GetTrafficAsync()).Should().BeEquivalentTo(TrafficPolicy.Single(stable));
        (await fixture.Endpoint.GetHistoryAsync())[^1].Reason.Should().Match("ramp stopped: *100.00*failed*");
    }

    [Fact]
    public async Task Ramp_GuardOfTheHost_HoldsTheShare()
    {
        var guard = new Guard();
        await using var fixture = PolicyFixture.Open(more: (services, name) => services.AddKeyedSingleton<ITrafficGuard>(name, guard));
        var (stable, canary) = (await fixture.RegisterAsync(1), await fixture.RegisterAsync(2));
        var ramp = new TrafficRamp { Steps = [new(0.3, TimeSpan.FromHours(1)), new(1)], Guard = new RampGuard { OnStop = RampStop.Hold } };
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Canary(stable, canary, ramp), "ramp");
        await fixture.Serving.Endpoints.RefreshAsync();
        guard.Reason = "worse AUC";
        await fixture.Serving.Endpoints.RefreshAsync();
        var policy = (await fixture.Endpoint.GetTrafficAsync())!;
        (policy.Ramp, policy.Shares[1].Weight).Should().Be((null, 0.3));
        (await fixture.Endpoint.GetHistoryAsync())[^1].Reason.Should().Be("ramp stopped: worse AUC");
    }

    [Fact]
    public async Task Bandit_RewardsByPrediction_AreDurableSharedAndCountedOnce()
    {
        await using var fixture = PolicyFixture.Open();
        var (one, two) = (await fixture.RegisterAsync(1), await fixture.RegisterAsync(2));
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.MultiArmed(new BanditOptions(), ("a", one), ("b", two)), "learn");
        await using var other = fixture.Serving.Join();
        var others = other.GetRequiredKeyedService<IEndpoints>("sandbox");
        await others[PolicyFixture.Model].WarmUpAsync();

        var last = default(PredictionResult);
        for (var i = 0; i < 300; i++)
        {
            (last, _) = await fixture.AskAsync(i);
            (await fixture.Endpoint.RewardAsync([new Reward(last.Variant == "b" ? 1 : 0, last.Id)])).Should().Be(1);
        }

        (await fixture.Endpoint.RewardAsync([new Reward(1, last.Id)])).Should().Be(0, "it was rewarded already");
        await others[PolicyFixture.Model].RewardAsync([new Reward(1, default, "b"), new Reward(0, default, "a")]);
        await fixture.Serving.Endpoints.RefreshAsync();
        var report = await fixture.Endpoint.GetTrafficReportAsync();
        report.Arms.Sum(arm => arm.Rewards).Should().Be(302);
        report.Arms[1].Should().Match<ArmReport>(arm => arm.Mean == 1 && arm.Best > 0.99 && arm.Rewards > 200);
        report["b"].Answers.Should().BeGreaterThan(200);

        await fixture.Serving.RestartAsync();
        await fixture.Serving.Endpoints[PolicyFixture.Model].WarmUpAsync();
        await fixture.Serving.Endpoints.RefreshAsync();
        (await fixture.Endpoint.GetTrafficReportAsync()).Arms.Sum(arm => arm.Rewards).Should().Be(302);
    }

    [Fact]
    public async Task Reward_ThatCannotBe_SaysWhy()
    {
        await using var fixture = PolicyFixture.Open();
        var (one, two) = (await fixture.RegisterAsync(1), await fixture.RegisterAsync(2));
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(one), "go");
        (await RewardAsync(new Reward(1, default, "a")).Should().ThrowAsync<InvalidInputException>()).WithMessage("*no bandit*");
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.MultiArmed(new BanditOptions(), ("aa", one), ("bb", two)), "learn");
        (await RewardAsync(new Reward(1, default, "ab")).Should().ThrowAsync<NotFoundException>()).WithMessage("*'ab'*'aa'*");
        (await RewardAsync(new Reward(0.5, default, "aa")).Should().ThrowAsync<InvalidInputException>()).WithMessage("*0.5*0 or 1*");
        (await RewardAsync(new Reward(1)).Should().ThrowAsync<InvalidInputException>()).WithMessage("*neither*");

        Func<Task> RewardAsync(Reward reward) => () => fixture.Endpoint.RewardAsync([reward]).AsTask();
    }

    [Fact]
    public async Task Rewards_FromManyCallersAtOnce_AreAllCounted()
    {
        await using var fixture = PolicyFixture.Open();
        var (one, two) = (await fixture.RegisterAsync(1), await fixture.RegisterAsync(2));
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.MultiArmed(new BanditOptions { Algorithm = BanditAlgorithm.ThompsonGaussian }, ("a", one), ("b", two)), "learn");
        await Parallel.ForAsync(0, 500, async (i, stop) => await fixture.Endpoint.RewardAsync([new Reward(i % 10, default, i % 2 == 0 ? "a" : "b")], stop));
        var arms = (await fixture.Endpoint.GetTrafficReportAsync()).Arms;
        arms.Select(arm => arm.Rewards).Should().Equal(250, 250);
        arms[0].Mean.Should().BeApproximately(4, 1e-12);
        arms[1].Mean.Should().BeApproximately(5, 1e-12);
        arms[0].Variance.Should().BeApproximately(8, 1e-9);
    }

    [Fact]
    public async Task ChampionChallenger_AsShadow_ReportsAgreementAndLatency()
    {
        await using var fixture = PolicyFixture.Open();
        var (champion, challenger) = (await fixture.RegisterAsync(1), await fixture.RegisterAsync(1.5f));
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.ChampionChallenger(champion, challenger), "contest");
        for (var i = 0; i < 10; i++)
        {
            var (result, score) = await fixture.AskAsync(i);
            (result.Variant, score).Should().Be((TrafficPolicy.Champion, i));
            await fixture.Serving.Sink.Shadowed.WaitAsync();
        }

        var report = await fixture.Endpoint.GetTrafficReportAsync();
        report["champion"].Answers.Should().Be(10);
        var shadow = report.Shadow!;
        (shadow.Version, shadow.Compared, shadow.MaximumDifference, shadow.Dropped).Should().Be((challenger, 10, 4.5, 0));
        shadow.Agreement.Should().BeApproximately(0.1, 1e-9, "only zero times anything is the same");
        shadow.MeanDifference.Should().BeApproximately(2.25, 1e-9);
        shadow.ShadowMeanLatency.Should().BePositive();
        fixture.Serving.Endpoints[PolicyFixture.Model].Should().NotBeNull();
        (await fixture.Endpoint.WarmUpAsync()).Shadow!.Compared.Should().Be(10);
    }

    [Fact]
    public async Task ChampionChallenger_WithAShare_SplitsTheTrafficAndCountsBoth()
    {
        await using var fixture = PolicyFixture.Open();
        var (champion, challenger) = (await fixture.RegisterAsync(1), await fixture.RegisterAsync(2));
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.ChampionChallenger(champion, challenger, 0.5), "contest");
        for (var i = 0; i < 200; i++)
            await fixture.AskAsync(i, $"k{i}");
        var report = await fixture.Endpoint.GetTrafficReportAsync();
        (report["champion"].Answers + report["challenger"].Answers).Should().Be(200);
        report["challenger"].Answers.Should().BeInRange(60, 140);
        report.Invoking(r => r["chalenger"]).Should().Throw<NotFoundException>().WithMessage("*'challenger'*");
    }

    private static async Task<double> ShareAsync(PolicyFixture fixture, ModelVersionRef version)
    {
        var shares = (await fixture.Endpoint.GetTrafficAsync())!.Shares;
        return shares.Single(share => share.Version == version).Weight / shares.Sum(share => share.Weight);
    }

    private sealed class Guard : ITrafficGuard
    {
        public string? Reason { get; set; }

        public ValueTask<string?> CheckAsync(TrafficReport report, CancellationToken cancellationToken = default) => new(Reason);
    }
}
