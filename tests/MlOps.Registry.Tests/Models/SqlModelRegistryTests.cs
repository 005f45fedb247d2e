using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class SqlModelRegistryTests : IAsyncDisposable
{
    private readonly TestEnvironment _environment = new();

    private SqlModelRegistry Registry => new(_environment.Context);

    public ValueTask DisposeAsync() => _environment.DisposeAsync();

    [Fact]
    public async Task Register_FullDraft_ReadsBackWhole()
    {
        var run = await new SqlExperiments(_environment.Context).StartRunAsync("training");
        await run.DisposeAsync();
        var draft = await Drafts.Full(_environment.Context).WithRun(run.Id).BuildAsync();
        var registered = await Registry.RegisterAsync(draft);
        await _environment.ReopenAsync();
        var read = await Registry.GetAsync(registered.Ref);
        read.Should().BeEquivalentTo(registered);
        read.Version.Should().Be(1);
        read.Signature.Should().BeEquivalentTo(Drafts.Signature);
        read.Metrics.Should().Equal(new Dictionary<string, double> { ["auc"] = 0.81, ["loss"] = 0.4 });
        read.Tags.Should().Contain("owner", "ads");
        read.Description.Should().Be("# Churn");
        read.RunId.Should().Be(run.Id);
        Registry.CheckCompleteness(read).Missing.Should().BeEmpty();
        var bytes = await Registry.GetManifestAsync(read.Ref);
        ArtifactDigest.Of(bytes.Manifest.Span).ToString().Should().Be(read.Manifest.Digest);
        bytes.Manifest.Length.Should().Be((int)read.Manifest.Size);
        System.Text.Encoding.UTF8.GetString(bytes.Manifest.Span).Should().Contain(ArtifactDigest.Of(bytes.Config.Span).ToString());
    }

    [Fact]
    public async Task Register_SameDraftTwiceWithoutKey_MakesTwoVersionsOfOneManifest()
    {
        var draft = await Drafts.SmallAsync(_environment.Context);
        var first = await Registry.RegisterAsync(draft);
        _environment.Clock.Advance(TimeSpan.FromHours(1));
        var second = await Registry.RegisterAsync(draft);
        second.Version.Should().Be(2);
        second.Manifest.Should().Be(first.Manifest);
    }

    [Fact]
    public async Task Register_SameKey_ReturnsTheFirstVersion()
    {
        var first = await Registry.RegisterAsync(await Drafts.SmallAsync(_environment.Context, key: "step-1"));
        var again = await Registry.RegisterAsync(await Drafts.SmallAsync(_environment.Context, key: "step-1", content: "{\"other\":1}"));
        again.Should().BeEquivalentTo(first);
        (await Registry.ListAsync("churn")).Should().HaveCount(1);
        (await _environment.Context.Events.ReadAsync(0, RegistryEvents.VersionRegistered)).Should().HaveCount(1);
    }

    [Fact]
    public async Task Register_ParallelWritersInTwoStores_NumbersAreDenseAndUnique()
    {
        await using var other = MlOps.Environments.EnvironmentStores.OpenEmbedded("sandbox", EnvironmentKind.Sandbox, _environment.Directory);
        SqlModelRegistry[] registries = [Registry, new(other.Context)];
        var draft = await Drafts.SmallAsync(_environment.Context);
        var versions = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => Task.Run(async () =>
            (await registries[i % 2].RegisterAsync(draft with { Key = $"key-{i / 2}" })).Version)));
        versions.Distinct().Order().Should().Equal(Enumerable.Range(1, 30));
        versions.GroupBy(version => version).Should().OnlyContain(group => group.Count() == 2);
        (await _environment.Context.Audit.VerifyAsync()).Should().BeNull();
        (await _environment.Context.Audit.ReadAsync()).Count(record => record.Entry.Operation == "registry.version.register").Should().Be(30);
    }

    [Fact]
    public async Task Register_CallerAndProvenance_AreInTheAuditTrail()
    {
        using (_environment.Caller.ActAs(CallerAccessor.Named("ada")))
        {
            var draft = await Drafts.SmallAsync(_environment.Context);
            var version = await Registry.RegisterAsync(draft with { Provenance = new ModelProvenance("staging", "churn:7", draft.Artifacts[0].Content.Digest, "CopyModel") });
            version.CreatedBy.Should().Be("ada");
            version.Provenance!.Version.Should().Be("churn:7");
        }

        var record = (await _environment.Context.Audit.ReadAsync()).Should().ContainSingle().Subject;
        record.Actor.Should().Be("ada");
        record.Entry.Subject.Should().Be("churn:1");
        record.Entry.After.Should().Contain("staging");
    }

    [Fact]
    public async Task Get_UnknownModel_NamesTheNearest()
    {
        await Registry.RegisterAsync(await Drafts.SmallAsync(_environment.Context));
        (await Registry.Invoking(registry => registry.GetAsync(new("chrun", 1)).AsTask()).Should().ThrowAsync<ModelNotFoundException>())
            .WithMessage("*Did you mean 'churn'?*");
        (await Registry.Invoking(registry => registry.GetAsync(new("churn", 9)).AsTask()).Should().ThrowAsync<ModelNotFoundException>())
            .WithMessage("*newest version is 1*");
    }

    [Fact]
    public async Task List_Pages_NewestFirstWithTags()
    {
        for (var i = 0; i < 5; i++)
        {
            var draft = await Drafts.SmallAsync(_environment.Context, content: $"{{\"i\":{i}}}");
            await Registry.RegisterAsync(draft with { Tags = new Dictionary<string, string> { ["i"] = $"{i}" } });
        }

        var page = await Registry.ListAsync("churn", before: 5, limit: 2);
        page.Select(version => version.Version).Should().Equal(4, 3);
        page[0].Tags["i"].Should().Be("3");
        (await Registry.ListAsync("other")).Should().BeEmpty();
        (await Registry.ListModelsAsync()).Should().Equal("churn");
    }

    [Fact]
    public async Task SetTags_SetsAndRemoves_WithAuditAndEvent()
    {
        var version = (await Registry.RegisterAsync(await Drafts.SmallAsync(_environment.Context) with { Reason = "nightly" })).Ref;
        await Registry.SetTagsAsync(version, new Dictionary<string, string?> { ["owner"] = "ads", ["stage/note"] = "x" });
        await Registry.SetTagsAsync(version, new Dictionary<string, string?> { ["owner"] = null }, "left");
        await Registry.SetTagsAsync(version, new Dictionary<string, string?> { ["owner"] = null });
        (await Registry.GetAsync(version)).Tags.Should().Equal(new Dictionary<string, string> { ["stage/note"] = "x" });
        (await _environment.Context.Audit.ReadAsync()).Count(record => record.Entry.Operation == "registry.tags.set").Should().Be(2);
        (await _environment.Context.Audit.ReadAsync()).Select(record => record.Entry.Reason).Should().Equal("nightly", "", "left");
    }

    [Fact]
    public async Task Get_TamperedManifest_IsRefused()
    {
        var version = (await Registry.RegisterAsync(await Drafts.SmallAsync(_environment.Context))).Ref;
        await _environment.Context.Metadata.WriteAsync((session, _) => session.ExecuteAsync("UPDATE registry_versions SET config = @config", ("config", "{}"u8.ToArray())));
        await Registry.Invoking(registry => registry.GetAsync(version).AsTask()).Should().ThrowAsync<CorruptDataException>();
    }

    [Fact]
    public async Task Metrics_NaNAndInfinity_AreKept()
    {
        var draft = await Drafts.SmallAsync(_environment.Context);
        var metrics = new Dictionary<string, double> { ["nan"] = double.NaN, ["inf"] = double.PositiveInfinity, ["low"] = double.NegativeInfinity, ["tiny"] = double.Epsilon };
        var version = await Registry.RegisterAsync(draft with { Metrics = metrics });
        version.Metrics.Should().Equal(metrics);
    }
}
