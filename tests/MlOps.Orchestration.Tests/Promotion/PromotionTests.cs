using MlOps.Registry;

namespace MlOps.Orchestration.Tests;

public sealed class PromotionTests
{
    private static readonly PromotionState[] Straight =
    [
        PromotionState.Requested, PromotionState.GatesPassed, PromotionState.Approved, PromotionState.Copied, PromotionState.Registered,
        PromotionState.Verified, PromotionState.Deploying, PromotionState.Deployed, PromotionState.Completed,
    ];

    private static EnvironmentPolicy With(string metric, MetricBounds bounds) =>
        new() { PromotesFrom = "staging", Gates = new Dictionary<string, MetricBounds> { [metric] = bounds } };

    [Fact]
    public async Task Copy_HappyPath_MovesTrafficAndAliasLast_AuditsBothSides()
    {
        await using var world = new PromotionWorld(With("auc", new() { Min = 0.6 }));
        var version = await world.StageAsync();
        var host = world.Host();
        var record = await host["staging"].PromoteAsync(version, "production", new() { Reason = "release" });
        record.State.Should().Be(PromotionState.Completed);
        record.Transitions.Select(t => t.State).Should().Equal(Straight);
        var staged = await host["staging"].Models.GetAsync(version);
        var promoted = await host["production"].Models.FindAsync("churn", ModelAliases.Champion);
        promoted!.Provenance.Should().Be(new ModelProvenance("staging", "churn:1", staged.Manifest.Digest, "CopyModel"));
        promoted.Manifest.Digest.Should().Be(staged.Manifest.Digest);
        world.Deployer.Traffic.Should().Be("churn:1@1");
        record.Gates.Should().OnlyContain(gate => gate.Passed).And.Contain(gate => gate.Gate == "auc" && gate.Measured == "0.9" && gate.Bound == "at least 0.6" && gate.Subject.EndsWith(staged.Manifest.Digest));
        foreach (var environment in new[] { world.Staging, world.Production })
        {
            var audit = await environment.Context.Audit.ReadAsync();
            audit.Select(entry => entry.Entry.Operation).Where(operation => operation.StartsWith("promotion.", StringComparison.Ordinal)).Should().HaveCount(Straight.Length).And.OnlyHaveUniqueItems();
            (await environment.Context.Audit.VerifyAsync()).Should().BeNull();
        }

        (await world.Production.Context.Events.ReadAsync(typePrefix: "orchestration.promotion.completed")).Should().ContainSingle();
    }

    [Fact]
    public async Task MetricBelowBound_Refused_NamesGateMeasuredBoundAndMore()
    {
        await using var world = new PromotionWorld(With("auc", new() { Min = 0.95 }));
        var version = await world.StageAsync(0.9);
        var host = world.Host();
        var error = (await FluentActions.Awaiting(() => host["staging"].PromoteAsync(version, "production").AsTask()).Should().ThrowAsync<PromotionRejectedException>()).Which;
        (error.Gate, error.Measured, error.Bound).Should().Be(("auc", "0.9", "at least 0.95"));
        error.Message.Should().Contain(error.Promotion!.Id).And.Contain("Promotions.GetAsync");
        (await host["production"].Models.ListModelsAsync()).Should().BeEmpty();
        world.Deployer.Calls.Should().BeEmpty();
        (await host["production"].Promotions.GetAsync(error.Promotion.Id)).State.Should().Be(PromotionState.Refused);
    }

    public static TheoryData<string, string> Gates => new()
    {
        { "max", "auc" }, { "absent", "f1" }, { "nan", "auc" }, { "margin", "auc:champion" }, { "signature", "signature" }, { "artifacts", "artifacts" },
        { "latency", "latency_p99_ms" }, { "size", "size_bytes" }, { "load", "trial-load" }, { "custom", "fairness" }, { "custom-throws", "fairness" }, { "no-deployer", "trial-load" },
    };

    [Theory]
    [MemberData(nameof(Gates))]
    public async Task EachGate_Refuses_AndNothingMoves(string scenario, string gate)
    {
        await using var world = new PromotionWorld();
        world.Policy = scenario switch
        {
            "max" => With("auc", new() { Max = 0.5 }),
            "absent" => With("f1", new() { Min = 0 }),
            "nan" => With("auc", new() { Min = 0 }),
            "margin" => With("auc", new() { BetterThanChampionBy = 0.02 }),
            "artifacts" => world.Policy with { RequiredArtifactKinds = Enum.GetValues<ModelArtifactKind>() },
            "latency" => With("Latency_P99_ms", new() { Max = 4 }),
            "size" or "no-deployer" => With("size_bytes", new() { Max = 999 }),
            _ => world.Policy,
        };
        var version = scenario switch
        {
            "nan" => await world.StageAsync(double.NaN),
            "artifacts" => await world.StageAsync(kinds: [ModelArtifactKind.Parameters]),
            "signature" => await world.StageAsync(features: ["spend", "age"]),
            _ => await world.StageAsync(0.9),
        };
        var champion = default(ModelVersionRef?);
        if (scenario is "margin" or "signature")
        {
            champion = await world.StageAsync(0.89, "old", environment: "production");
            await world.Host()["production"].Models.SetAliasAsync(champion.Value, ModelAliases.Champion, "before");
        }

        if (scenario == "load")
            world.Deployer.Check = world.Deployer.Check with { Passed = false, Message = "output differs" };
        var host = world.Host(deployer: scenario != "no-deployer", configure: builder =>
        {
            if (scenario.StartsWith("custom", StringComparison.Ordinal))
            {
                builder.AddPromotionGate("production", "fairness", (context, _) => scenario == "custom"
                    ? new(new GateResult("ignored", context.Target.Name != "production", "0.7", "at least 0.8")) : throw new InvalidOperationException("no data"));
            }
        });
        var error = (await FluentActions.Awaiting(() => host["staging"].PromoteAsync(version, "production").AsTask()).Should().ThrowAsync<PromotionRejectedException>()).Which;
        error.Gate.Should().BeEquivalentTo(gate);
        world.Deployer.Calls.Should().BeEmpty();
        (await host["production"].Models.FindAsync("churn", ModelAliases.Champion))?.Ref.Should().Be(champion);
        error.Promotion!.State.Should().Be(PromotionState.Refused);
    }

    [Fact]
    public async Task Routes_OnlyTheDeclaredOne()
    {
        await using var world = new PromotionWorld();
        var version = await world.StageAsync();
        var host = world.Host();
        await FluentActions.Awaiting(() => host["staging"].PromoteAsync(version, "prod").AsTask()).Should().ThrowAsync<UnknownEnvironmentException>();
        (await FluentActions.Awaiting(() => host["production"].PromoteAsync(version, "staging").AsTask()).Should().ThrowAsync<PromotionRejectedException>()).Which.Gate.Should().Be("route");
        (await FluentActions.Awaiting(() => host["production"].PromoteAsync(version, "production").AsTask()).Should().ThrowAsync<PromotionRejectedException>()).Which.Gate.Should().Be("route");
        (await world.Staging.Context.Audit.ReadAsync()).Should().Contain(entry => entry.Entry.Operation == "promotion.refused");
        await FluentActions.Awaiting(() => host["staging"].PromoteAsync(new("churn", 9), "production").AsTask()).Should().ThrowAsync<ModelNotFoundException>();
        await FluentActions.Awaiting(() => host["staging"].PromoteAsync(version, "production", new() { TrafficShare = double.NaN }).AsTask()).Should().ThrowAsync<InvalidInputException>();
    }

    [Fact]
    public async Task Approvals_DistinctPeopleOtherThanTheRequester()
    {
        await using var world = new PromotionWorld(new EnvironmentPolicy { PromotesFrom = "staging", Approvals = 2 });
        var version = await world.StageAsync();
        var host = world.Host();
        PromotionRecord record;
        using (world.Production.Caller.ActAs(CallerAccessor.Named("ann")))
            record = await host["staging"].PromoteAsync(version, "production");
        record.State.Should().Be(PromotionState.AwaitingApproval);
        record.RequestedBy.Should().Be("ann");
        world.Deployer.Calls.Should().BeEmpty();
        var door = host["production"].Promotions;
        async Task<PromotionRecord> As(string name)
        {
            using (world.Production.Caller.ActAs(CallerAccessor.Named(name)))
                return await door.ApproveAsync(record.Id, "ok");
        }

        await FluentActions.Awaiting(() => As("Ann")).Should().ThrowAsync<AccessDeniedException>().WithMessage("*asked for promotion*");
        await FluentActions.Awaiting(() => As("")).Should().ThrowAsync<AccessDeniedException>();
        (await As("bob")).State.Should().Be(PromotionState.AwaitingApproval);
        (await As("BOB")).State.Should().Be(PromotionState.AwaitingApproval);
        (await host.Services.WorkerOf("production").ProcessPendingAsync()).Should().Be(0);
        var done = await As("carol");
        done.State.Should().Be(PromotionState.Completed);
        done.Approvals.Select(approval => approval.Approver).Should().BeEquivalentTo("bob", "carol");
        await FluentActions.Awaiting(() => As("dave")).Should().ThrowAsync<ConcurrencyConflictException>();
    }

    [Fact]
    public async Task Reject_EndsThePromotion()
    {
        await using var world = new PromotionWorld(new EnvironmentPolicy { PromotesFrom = "staging", Approvals = 1 });
        var version = await world.StageAsync();
        var host = world.Host();
        var record = await host["staging"].PromoteAsync(version, "production");
        (await host["production"].Promotions.RejectAsync(record.Id, "not now")).State.Should().Be(PromotionState.Refused);
        await FluentActions.Awaiting(() => host["production"].Promotions.RejectAsync(record.Id, "again").AsTask()).Should().ThrowAsync<ConcurrencyConflictException>();
        (await host["production"].Models.ListModelsAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task SameKey_ManyTimesAtOnce_OnePromotion()
    {
        await using var world = new PromotionWorld();
        var version = await world.StageAsync();
        var host = world.Host();
        var records = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(async () => await host["staging"].PromoteAsync(version, "production", new() { Key = "r1" }))));
        records.Select(record => record.Id).Distinct().Should().ContainSingle();
        world.Deployer.Calls.Should().ContainSingle();
        (await host["production"].Models.ListAsync("churn")).Should().ContainSingle();
        var other = await world.StageAsync(0.95, "v2");
        await FluentActions.Awaiting(() => host["staging"].PromoteAsync(other, "production", new() { Key = "r1" }).AsTask()).Should().ThrowAsync<InvalidInputException>();
    }

    [Fact]
    public async Task Retrain_RunsTheSamePipelineInTheTarget_NamesTheStagedVersion_PassesTheSameGates()
    {
        await using var world = new PromotionWorld(With("auc", new() { Min = 0.8 }));
        var host = world.Host();
        var staged = (await host["staging"].Pipelines.RunAsync<PromotionWorld.Training, int>(90)).EnsureCompleted();
        staged.Model.Should().Be(new ModelVersionRef("churn", 1));
        var record = await host["staging"].PromoteAsync(staged.Model!.Value, "production", new() { Strategy = PromotionStrategy.RetrainInTarget });
        record.State.Should().Be(PromotionState.Completed);
        world.Trained.Should().Be(2);
        var promoted = await host["production"].Models.GetAsync(record.Result!.Value);
        promoted.Provenance!.Version.Should().Be("churn:1");
        promoted.Provenance.Strategy.Should().Be("RetrainInTarget");
        (await host["production"].Models.ListAsync("churn")).Should().ContainSingle("the retrained version itself names what it stands for");
        var run = await host["production"].Pipelines.GetAsync(record.RetrainRunId!);
        run.Input.Should().Be("90");
        run.Output<string>("train").Should().Be("production 90");
        record.Gates.Count(gate => gate.Gate == "auc").Should().Be(2);
        (await host["production"].Experiments.GetRunAsync(run.TrackingRunId!)).Metrics["auc"].Should().Be(0.85);

        world.Auc = environment => environment.Name == "production" ? 0.5 : 0.9;
        var worse = (await host["staging"].Pipelines.RunAsync<PromotionWorld.Training, int>(30)).EnsureCompleted();
        (await FluentActions.Awaiting(() => host["staging"].PromoteAsync(worse.Model!.Value, "production", new() { Strategy = PromotionStrategy.RetrainInTarget }).AsTask())
            .Should().ThrowAsync<PromotionRejectedException>()).Which.Measured.Should().Be("0.5");
        (await host["production"].Models.FindAsync("churn", ModelAliases.Champion))!.Ref.Should().Be(record.Result.Value);
    }

    [Fact]
    public async Task Retrain_OfAVersionThatNoRunMade_IsRefusedWithRemedy()
    {
        await using var world = new PromotionWorld();
        var version = await world.StageAsync();
        var host = world.Host();
        (await FluentActions.Awaiting(() => host["staging"].PromoteAsync(version, "production", new() { Strategy = PromotionStrategy.RetrainInTarget }).AsTask())
            .Should().ThrowAsync<PromotionRejectedException>()).WithMessage("*RetrainPipeline and RetrainInput*");
        var given = await host["staging"].PromoteAsync(version, "production", new() { Strategy = PromotionStrategy.RetrainInTarget, RetrainPipeline = "training", RetrainInput = "5" });
        given.State.Should().Be(PromotionState.Completed);
    }

    [Fact]
    public async Task Canary_MovesTheChallenger_RollBackRestoresTraffic()
    {
        await using var world = new PromotionWorld();
        var host = world.Host();
        var first = await host["staging"].PromoteAsync(await world.StageAsync(), "production");
        var second = await host["staging"].PromoteAsync(await world.StageAsync(0.95, "v2"), "production", new() { TrafficShare = 0.1 });
        world.Deployer.Traffic.Should().Be("churn:2@0.1");
        (await host["production"].Models.GetAliasesAsync("churn")).Should().BeEquivalentTo(new Dictionary<string, int> { ["champion"] = 1, ["challenger"] = 2 });
        var full = await host["staging"].PromoteAsync(await world.StageAsync(0.96, "v3"), "production");
        (await host["production"].Promotions.RollBackAsync(full.Id, "worse in production")).State.Should().Be(PromotionState.RolledBack);
        world.Deployer.Traffic.Should().Be("churn:2@0.1");
        (await host["production"].Models.GetAliasesAsync("churn"))["champion"].Should().Be(first.Result!.Value.Version);
        second.State.Should().Be(PromotionState.Completed);
    }

    [Fact]
    public async Task RollBack_OfTheFirstPromotion_LeavesNoChampion()
    {
        await using var world = new PromotionWorld();
        var host = world.Host();
        var first = await host["staging"].PromoteAsync(await world.StageAsync(), "production");
        var rolledBack = await host["production"].Promotions.RollBackAsync(first.Id, "worse in production");
        rolledBack.State.Should().Be(PromotionState.RolledBack);
        rolledBack.Detail.Should().Contain("removed again");
        (await host["production"].Models.GetAliasesAsync("churn")).Should().BeEmpty();
        (await host["production"].Models.GetAliasHistoryAsync("churn")).Should().HaveCount(2, "the history stays");
    }

    [Fact]
    public async Task DeploymentFails_RolledBack_AliasStays()
    {
        await using var world = new PromotionWorld();
        var host = world.Host();
        var version = await world.StageAsync();
        world.Deployer.DeployFails = new InvalidInputException("no endpoint");
        var error = (await FluentActions.Awaiting(() => host["staging"].PromoteAsync(version, "production").AsTask()).Should().ThrowAsync<PromotionRejectedException>()).Which;
        error.Promotion!.State.Should().Be(PromotionState.RolledBack);
        (await host["production"].Models.GetAliasesAsync("churn")).Should().BeEmpty();
    }

    [Fact]
    public async Task AliasMovedByAnother_LoserRollsItsTrafficBack()
    {
        await using var world = new PromotionWorld();
        var host = world.Host();
        var version = await world.StageAsync();
        var hotfix = await world.StageAsync(0.99, "hotfix", environment: "production");
        world.Deployer.BeforeDeploy = async () => await host["production"].Models.SetAliasAsync(hotfix, ModelAliases.Champion, "hotfix");
        var error = (await FluentActions.Awaiting(() => host["staging"].PromoteAsync(version, "production").AsTask()).Should().ThrowAsync<PromotionRejectedException>()).Which;
        error.Promotion!.State.Should().Be(PromotionState.RolledBack);
        world.Deployer.Traffic.Should().BeNull();
        (await host["production"].Models.FindAsync("churn", ModelAliases.Champion))!.Ref.Should().Be(hotfix);
    }

    [Theory]
    [InlineData(PromotionStrategy.CopyModel)]
    [InlineData(PromotionStrategy.RetrainInTarget)]
    public async Task HostDiesAtAnyCommit_GoesOnToTheSameEnd_NeverHalfPromoted(PromotionStrategy strategy)
    {
        var commits = int.MaxValue;
        for (var at = 0; at <= commits; at++)
        {
            await using var world = new PromotionWorld();
            var calm = world.Host();
            var version = (await calm["staging"].Pipelines.RunAsync<PromotionWorld.Training, int>(90)).EnsureCompleted().Model!.Value;
            var stores = new List<CrashingStore>();
            var budget = at;
            var dying = world.Host(inner =>
            {
                var store = new CrashingStore(inner, inner.EnvironmentName == "production" && budget > 0 ? budget : int.MaxValue, at % 2 == 0);
                stores.Add(store);
                return store;
            });
            try
            {
                await dying["staging"].PromoteAsync(version, "production", new() { Key = "k", Strategy = strategy });
            }
            catch (Exception error) when (at > 0 && error is HostDiedException or PromotionRejectedException)
            {
                error.Should().BeOfType<HostDiedException>();
            }

            if (at == 0)
            {
                commits = stores.Single(store => store.EnvironmentName == "production").Writes;
                commits.Should().BeGreaterThan(10);
            }

            world.Clock.Advance(TimeSpan.FromMinutes(2));
            var next = world.Host();
            var alias = (await next["production"].Models.FindAsync("churn", ModelAliases.Champion))?.Ref;
            var open = (await next["production"].Promotions.ListAsync()).SingleOrDefault();
            if (alias is not null)
                open!.State.Should().BeOneOf(PromotionState.Deployed, PromotionState.Completed);
            var record = await next["staging"].PromoteAsync(version, "production", new() { Key = "k", Strategy = strategy });
            record.State.Should().Be(PromotionState.Completed, $"commit {at}");
            record.Transitions.Should().HaveCount(Straight.Length);
            (await next["production"].Models.ListAsync("churn")).Should().ContainSingle();
            (await next["production"].Models.FindAsync("churn", ModelAliases.Champion))!.Ref.Should().Be(record.Result!.Value);
            world.Deployer.Traffic.Should().Be("churn:1@1");
            (await next["production"].Models.GetAliasHistoryAsync("churn")).Should().ContainSingle();
            foreach (var environment in new[] { world.Staging, world.Production })
            {
                (await environment.Context.Audit.ReadAsync()).Where(entry => entry.Entry.Operation.StartsWith("promotion.", StringComparison.Ordinal))
                    .Should().HaveCount(Straight.Length, $"each transition is audited once in {environment.Context.Name} (commit {at})");
            }
        }
    }
}
