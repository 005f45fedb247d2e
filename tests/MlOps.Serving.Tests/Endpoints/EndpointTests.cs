using Microsoft.Extensions.DependencyInjection;
using MlOps.Registry;

namespace MlOps.Serving.Tests.Endpoints;

public sealed class EndpointTests
{
    [Fact]
    public async Task PredictAsync_UnknownEndpoint_NamesTheNearest()
    {
        await using var fixture = new ServingFixture();
        await fixture.Endpoints["flight-delay"].SetTrafficAsync(TrafficPolicy.Single(await fixture.RegisterScaleAsync(2)), "first");
        var act = () => fixture.Endpoints["flight-delays"].PredictAsync(new float[2], new float[2]).AsTask();
        (await act.Should().ThrowAsync<NotFoundException>()).WithMessage("*'flight-delays'*'flight-delay'*");
    }

    [Fact]
    public async Task SetTrafficAsync_Single_ServesAndLeavesEventAuditAndHistory()
    {
        await using var fixture = new ServingFixture();
        var version = await fixture.RegisterScaleAsync(2);
        var endpoint = fixture.Endpoints["flight-delay"];
        (await endpoint.SetTrafficAsync(TrafficPolicy.Single(version), "first", 0)).Should().Be(1);
        (await endpoint.SetTrafficAsync(TrafficPolicy.Single(version), "again")).Should().Be(1);
        var scores = new float[2];
        var result = await endpoint.PredictAsync(new float[] { 1, 2 }, scores, new PredictionContext { Key = "k" });

        scores.Should().Equal(2, 4);
        (result.Version, result.Variant, result.Outputs).Should().Be((version, "stable", 2));
        PredictionId.Parse(result.Id.ToString()).Should().Be(result.Id);
        var record = fixture.Sink.Records.Should().ContainSingle().Subject;
        (record.Record.Id, record.Record.Endpoint, record.Record.Key, record.Record.Score).Should().Be((result.Id, "flight-delay", "k", 2f));
        record.Features.Should().Equal(1, 2);
        (await fixture.Environment.Context.Events.ReadAsync(typePrefix: "serving.")).Should().ContainSingle().Which.Type.Should().Be("serving.traffic.changed");
        (await fixture.Environment.Context.Audit.ReadAsync()).Should().ContainSingle(entry => entry.Entry.Operation == "serving.traffic.changed" && entry.Entry.Reason == "first");
        (await endpoint.GetHistoryAsync()).Should().ContainSingle().Which.Reason.Should().Be("first");
        await endpoint.Invoking(e => e.SetTrafficAsync(TrafficPolicy.Single(version), "stale", 7).AsTask()).Should().ThrowAsync<ConcurrencyConflictException>();
    }

    [Fact]
    public async Task PredictAsync_BadFeatures_NameTheFeatureAndHarmNobody()
    {
        await using var fixture = new ServingFixture();
        var endpoint = fixture.Endpoints["flight-delay"];
        await endpoint.SetTrafficAsync(TrafficPolicy.Single(await fixture.RegisterScaleAsync(2)), "first");
        var scores = new float[2];
        (await endpoint.Invoking(e => e.PredictAsync(new[] { 1, float.NaN }, scores).AsTask()).Should().ThrowAsync<InvalidInputException>()).WithMessage("*'b'*NaN*");
        (await endpoint.Invoking(e => e.PredictAsync(new float[3], scores).AsTask()).Should().ThrowAsync<InvalidInputException>()).WithMessage("*2 features*3*");
        (await endpoint.TryPredictAsync(new float[3], scores)).Status.Should().Be(PredictionStatus.InvalidInput);
        (await endpoint.TryPredictAsync(new float[2], scores)).Status.Should().Be(PredictionStatus.Ok);
        (await endpoint.TryPredictAsync(new float[2], scores, new PredictionContext { Timeout = TimeSpan.Zero })).Status.Should().Be(PredictionStatus.DeadlineExceeded);
    }

    [Fact]
    public async Task SetTrafficAsync_Canary_SplitsByKeyAndSurvivesARestart()
    {
        await using var fixture = new ServingFixture();
        var (one, two) = (await fixture.RegisterScaleAsync(1), await fixture.RegisterScaleAsync(2));
        await fixture.Endpoints["flight-delay"].SetTrafficAsync(TrafficPolicy.Single(one), "first");
        await fixture.Endpoints["flight-delay"].SetTrafficAsync(TrafficPolicy.Canary(one, two, 0.1), "try");
        var before = await AssignAsync(fixture.Endpoints);
        before.Count(pair => pair.Value == two).Should().BeInRange(60, 145);

        await fixture.RestartAsync();

        (await AssignAsync(fixture.Endpoints)).Should().Equal(before);
        (await fixture.Endpoints.ListAsync()).Should().ContainSingle().Which.Policy!.Shares.Select(share => Math.Round(share.Weight, 9)).Should().Equal(0.9, 0.1);
    }

    [Fact]
    public async Task RefreshAsync_ChangeByAnotherProcess_IsFollowedByThePollTimer()
    {
        await using var fixture = new ServingFixture();
        var (one, two) = (await fixture.RegisterScaleAsync(1), await fixture.RegisterScaleAsync(2));
        await fixture.Endpoints["flight-delay"].SetTrafficAsync(TrafficPolicy.Single(one), "first");
        await using var other = fixture.Join();
        var there = other.GetRequiredKeyedService<IEndpoints>("sandbox")["flight-delay"];
        var scores = new float[2];
        (await there.PredictAsync(new float[] { 1, 1 }, scores)).Version.Should().Be(one);
        await fixture.Endpoints["flight-delay"].SetTrafficAsync(TrafficPolicy.Single(two), "second");

        var deadline = 0;
        while ((await there.PredictAsync(new float[] { 1, 1 }, scores)).Version != two && deadline++ < 2000)
        {
            fixture.Environment.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1);
        }

        (await there.PredictAsync(new float[] { 1, 1 }, scores)).Version.Should().Be(two);
        await fixture.Endpoints["flight-delay"].StopAsync("over");
        await other.GetRequiredKeyedService<IEndpoints>("sandbox").RefreshAsync();
        (await there.Invoking(e => e.PredictAsync(new float[2], scores).AsTask()).Should().ThrowAsync<NotFoundException>()).WithMessage("*stopped*over*");
    }

    [Fact]
    public async Task SetTrafficAsync_SwapsUnderLoad_NoRequestFailsOrMixesVersions()
    {
        await using var fixture = new ServingFixture();
        var versions = new[] { await fixture.RegisterScaleAsync(1), await fixture.RegisterScaleAsync(2), await fixture.RegisterScaleAsync(3) };
        var endpoint = fixture.Endpoints["flight-delay"];
        await endpoint.SetTrafficAsync(TrafficPolicy.Single(versions[0]), "start");
        using var stop = new CancellationTokenSource();
        long answered = 0;
        var callers = Enumerable.Range(0, 8).Select(caller => Task.Run(async () =>
        {
            var row = new float[2];
            var scores = new float[2];
            for (var i = 1; !stop.IsCancellationRequested; i++)
            {
                row[0] = i % 1000;
                row[1] = caller;
                var result = await endpoint.PredictAsync(row, scores, new PredictionContext { Key = i % 2 == 0 ? $"k{i % 50}" : null });
                var scale = result.Version.Version;
                if (scores[0] != row[0] * scale || scores[1] != row[1] * scale)
                    throw new InvalidOperationException($"{result.Version} gave {scores[0]} for {row[0]}");
                Interlocked.Increment(ref answered);
                if (i % 64 == 0)
                    await Task.Yield();
            }
        })).ToArray();
        for (var swap = 1; swap <= 150; swap++)
        {
            var target = versions[swap % 3];
            await endpoint.SetTrafficAsync(swap % 2 == 0 ? TrafficPolicy.Single(target) : TrafficPolicy.Canary(versions[(swap + 1) % 3], target, 0.3), $"swap {swap}");
        }

        await stop.CancelAsync();
        await Task.WhenAll(callers);
        answered.Should().BeGreaterThan(1000);
    }

    [Fact]
    public async Task Shadow_Mirrored_GoesToTheSinkOnlyAndKeepsTheAnswersId()
    {
        await using var fixture = new ServingFixture();
        var (one, two) = (await fixture.RegisterScaleAsync(1), await fixture.RegisterScaleAsync(2));
        var endpoint = fixture.Endpoints["flight-delay"];
        await endpoint.SetTrafficAsync(TrafficPolicy.Single(one).WithShadow(two), "mirror");
        var scores = new float[2];
        var ids = new HashSet<PredictionId>();
        for (var i = 0; i < 20; i++)
        {
            ids.Add((await endpoint.PredictAsync(new float[] { i, 1 }, scores)).Id);
            scores[0].Should().Be(i);
        }

        for (var i = 0; i < 20; i++)
            (await fixture.Sink.Shadowed.WaitAsync(TimeSpan.FromSeconds(30))).Should().BeTrue();
        var shadows = fixture.Sink.Records.Where(record => record.Record.IsShadow).ToArray();
        shadows.Select(record => record.Record.Id).Should().BeEquivalentTo(ids);
        shadows.Should().OnlyContain(record => record.Record.Version == two && record.Scores[0] == 2 * record.Features[0] && record.Record.Variant == "shadow");
        await endpoint.SetTrafficAsync(TrafficPolicy.Single(one), "enough");
        await endpoint.PredictAsync(new float[2], scores);
        fixture.Sink.Records.Count(record => record.Record.IsShadow).Should().Be(20);
    }

    [Fact]
    public async Task SetTrafficAsync_VersionThatCannotBeServed_ChangesNothing()
    {
        await using var fixture = new ServingFixture();
        var endpoint = fixture.Endpoints["flight-delay"];
        var good = await fixture.RegisterScaleAsync(2);
        await endpoint.SetTrafficAsync(TrafficPolicy.Single(good), "good");
        endpoint.DeclareFeatures(["a", "b"]);
        var wrongOrder = await fixture.RegisterAsync(OnnxModels.Scale(1, 2), ["b", "a"]);
        var wrongName = await fixture.RegisterAsync(OnnxModels.Scale(1, 2), ["a", "c"]);
        var wrongWidth = await fixture.RegisterAsync(OnnxModels.Scale(1, 3), ["a", "b"]);
        var notOnnx = await fixture.RegisterAsync([1, 2, 3], ["a", "b"]);
        var pickle = await fixture.RegisterAsync([0x80, 4, 0x95], ["a", "b"]);
        var noFunction = await fixture.RegisterAsync(OnnxModels.Scale(1, 2), ["a", "b"], mediaType: "application/zip");
        var wrongExample = await fixture.RegisterAsync(OnnxModels.Scale(1, 2), ["a", "b"], example: new { input = new[] { new[] { 1f, 2f } }, output = new[] { new[] { 1f, 2.5f } }, tolerance = 1e-3 });
        foreach (var (version, message) in new[]
        {
            (wrongOrder, "*'b' at position 1*'a'*"), (wrongName, "*'c'*not sent*'b'*"), (wrongWidth, "*names 2 features*takes 3*"),
            (notOnnx, "*not an ONNX model*"), (pickle, "*pickle*"), (noFunction, "*no function that can be served*"), (wrongExample, "*score 2 of row 1 is 2, expected 2.5*"),
        })
        {
            (await endpoint.Invoking(e => e.SetTrafficAsync(TrafficPolicy.Single(version), "bad").AsTask()).Should().ThrowAsync<InvalidDefinitionException>()).WithMessage(message);
        }

        await endpoint.Invoking(e => e.SetTrafficAsync(TrafficPolicy.Single(new ModelVersionRef("flight-delay", 99)), "none").AsTask()).Should().ThrowAsync<ModelNotFoundException>();
        (await endpoint.GetHistoryAsync()).Should().ContainSingle();
        (await endpoint.PredictAsync(new float[2], new float[2])).Version.Should().Be(good);
    }

    [Fact]
    public async Task Deployer_CanaryRollBackAndRepeat_AreIdempotent()
    {
        await using var fixture = new ServingFixture();
        var example = new { input = new[] { new[] { 1f, 2f }, new[] { 3f, 4f } }, output = new[] { new[] { 2f, 4f }, new[] { 6f, 8f } } };
        var one = await fixture.RegisterScaleAsync(1);
        var two = await fixture.RegisterAsync(OnnxModels.Scale(2, 2), ["a", "b"], example: example);
        var check = await fixture.Deployer.VerifyAsync(two);
        check.Passed.Should().BeTrue(check.Message);
        check.Message.Should().Contain("2 rows");
        (await fixture.Deployer.VerifyAsync(await fixture.RegisterAsync([1], ["a"]))).Passed.Should().BeFalse();

        (await fixture.Deployer.DeployAsync(one, 1, "first")).Should().BeNull();
        (await fixture.Deployer.DeployAsync(one, 1, "first")).Should().BeNull();
        var before = await fixture.Deployer.DeployAsync(two, 0.1, "canary");
        before.Should().NotBeNull();
        (await fixture.Deployer.DeployAsync(two, 0.1, "canary")).Should().Be(before);
        var endpoint = fixture.Endpoints["flight-delay"];
        (await endpoint.GetTrafficAsync())!.Shares.Select(share => (share.Version, share.Variant)).Should().Equal((one, "stable"), (two, "canary"));

        await fixture.Deployer.RestoreAsync("flight-delay", before, "worse");
        await fixture.Deployer.RestoreAsync("flight-delay", before, "worse");
        (await endpoint.GetTrafficAsync())!.Shares.Should().ContainSingle().Which.Version.Should().Be(one);
        await fixture.Deployer.DeployAsync(two, 1, "all");
        (await endpoint.PredictAsync(new float[] { 1, 1 }, new float[2])).Version.Should().Be(two);
        await fixture.Deployer.RestoreAsync("flight-delay", null, "end");
        await fixture.Deployer.RestoreAsync("flight-delay", null, "end");
        (await endpoint.GetTrafficAsync()).Should().BeNull();
        (await endpoint.GetHistoryAsync()).Select(change => change.Reason).Should().Equal("first", "canary", "worse", "all", "end");
    }

    private static async Task<Dictionary<string, ModelVersionRef>> AssignAsync(IEndpoints endpoints)
    {
        var assigned = new Dictionary<string, ModelVersionRef>();
        var scores = new float[2];
        for (var i = 0; i < 1000; i++)
            assigned[$"key{i}"] = (await endpoints["flight-delay"].PredictAsync(new float[] { 1, 1 }, scores, new PredictionContext { Key = $"key{i}" })).Version;
        return assigned;
    }
}
