using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class LifecycleTests : IAsyncDisposable
{
    private readonly TestEnvironment _environment = new();

    private SqlModelRegistry Registry => new(_environment.Context);

    public ValueTask DisposeAsync() => _environment.DisposeAsync();

    [Fact]
    public async Task Delete_Version_VanishesEverywhereAndComesBack()
    {
        var (first, second) = (await RegisterAsync(), await RegisterAsync());
        var deletion = await Registry.DeleteAsync(second, "wrong data");
        deletion.Reason.Should().Be("wrong data");
        await _environment.ReopenAsync();

        (await Registry.ListAsync("churn")).Select(version => version.Ref).Should().Equal(first);
        (await Registry.ListAsync("churn", includeDeleted: true)).Select(version => (version.Ref, version.Deleted)).Should().Equal((second, deletion), (first, null));
        await RefusedAsync<ModelNotFoundException>(registry => registry.GetAsync(second).AsTask(), "wrong data", "Restore it");
        await RefusedAsync<ModelNotFoundException>(registry => registry.GetManifestAsync(second).AsTask(), "deleted");
        await RefusedAsync<ModelNotFoundException>(registry => registry.SetAliasAsync(second, "champion", "no").AsTask(), "deleted");
        await RefusedAsync<ModelNotFoundException>(registry => registry.SetTagsAsync(second, new Dictionary<string, string?> { ["a"] = "b" }).AsTask(), "deleted");
        (await Registry.GetAsync(second, includeDeleted: true)).Deleted.Should().Be(deletion);

        (await Registry.RestoreAsync(second, "right after all")).Deleted.Should().BeNull();
        (await Registry.RestoreAsync(second, "again")).Ref.Should().Be(second);
        (await Registry.GetAsync(second)).Ref.Should().Be(second);
        (await OperationsAsync()).Should().Equal("registry.version.register", "registry.version.register", "registry.version.delete", "registry.version.restore");
        (await _environment.Context.Events.ReadAsync(0, "registry.version.")).Select(entry => entry.Type).Should().Equal(
            RegistryEvents.VersionRegistered, RegistryEvents.VersionRegistered, RegistryEvents.VersionDeleted, RegistryEvents.VersionRestored);
        (await _environment.Context.Audit.VerifyAsync()).Should().BeNull();
    }

    [Fact]
    public async Task Delete_Twice_IsOneDeletion()
    {
        var version = await RegisterAsync();
        var first = await Registry.DeleteAsync(version, "one");
        _environment.Clock.Advance(TimeSpan.FromHours(1));
        (await Registry.DeleteAsync(version, "two")).Should().Be(first);
        (await OperationsAsync()).Should().ContainSingle(operation => operation == "registry.version.delete");
    }

    [Fact]
    public async Task Delete_AliasedVersion_IsRefusedByNameOrTakesTheAliasesAway()
    {
        var version = await RegisterAsync();
        await Registry.SetAliasAsync(version, "champion", "best");
        await Registry.SetAliasAsync(version, "eu", "there");
        await RefusedAsync<ConcurrencyConflictException>(registry => registry.DeleteAsync(version, "old").AsTask(), "churn@champion points at version 1", "churn@eu", "RemoveAliases");
        (await Registry.GetAsync(version)).Deleted.Should().BeNull();

        await Registry.DeleteAsync(version, "old", new DeletionOptions { RemoveAliases = true });
        (await Registry.GetAliasesAsync("churn")).Should().BeEmpty();
        (await Registry.FindAsync("churn", "champion")).Should().BeNull();
        (await Registry.GetAliasHistoryAsync("churn", "champion")).Select(move => (move.To, move.Reason)).Should().Equal((1, "best"), (null, "old"));
        (await Registry.RestoreAsync(version, "back")).Ref.Should().Be(version);
        (await Registry.GetAliasesAsync("churn")).Should().BeEmpty("restoring a version gives it no traffic");
    }

    [Theory]
    [InlineData(LineageEdgeKind.Serves, "serves")]
    [InlineData(LineageEdgeKind.Shadows, "shadows")]
    public async Task Delete_ServedVersion_IsRefusedAndNotPurged(LineageEdgeKind kind, string word)
    {
        var version = await RegisterAsync();
        var users = new EdgeList();
        var registry = new SqlModelRegistry(_environment.Context, users: [users]);
        users.Edges.Add(new LineageEdge(LineageNode.Version(version), LineageNode.Endpoint("churn"), kind));
        (await registry.Invoking(r => r.DeleteAsync(version, "old", new DeletionOptions { RemoveAliases = true }).AsTask()).Should().ThrowAsync<ConcurrencyConflictException>())
            .WithMessage($"*endpoint 'churn' {word} it*");
        await registry.Invoking(r => r.DeleteModelAsync("churn", "old").AsTask()).Should().ThrowAsync<ConcurrencyConflictException>();

        users.Edges.Clear();
        await registry.DeleteAsync(version, "old");
        users.Edges.Add(new LineageEdge(LineageNode.Version(version), LineageNode.Endpoint("churn"), kind));
        var report = await registry.PurgeAsync(TimeSpan.Zero);
        report.Versions.Should().BeEmpty();
        report.Kept.Should().ContainSingle().Which.Should().Contain("churn:1").And.Contain("endpoint 'churn'");
    }

    [Fact]
    public async Task Numbers_AfterDeletionPurgeAndRecreation_AreNeverReused()
    {
        await RegisterAsync();
        var second = await RegisterAsync();
        await Registry.DeleteAsync(second, "bad");
        (await RegisterAsync()).Version.Should().Be(3);
        await Registry.DeleteModelAsync("churn", "over");
        await Registry.PurgeAsync(TimeSpan.Zero);
        (await Registry.ListAsync("churn", includeDeleted: true)).Should().BeEmpty();
        await _environment.ReopenAsync();
        (await RegisterAsync()).Version.Should().Be(4);
        (await Registry.GetModelAsync("churn")).Should().Match<RegisteredModel>(model => model.LastVersion == 4 && model.Versions == 1 && model.Deleted == null);
        (await OperationsAsync()).Should().Contain("registry.model.recreate");
    }

    [Fact]
    public async Task Model_DeletedAndRestored_BringsBackWhatWasDeletedWithIt()
    {
        var (first, second, third) = (await RegisterAsync(), await RegisterAsync(), await RegisterAsync());
        await Registry.SetAliasAsync(third, "champion", "best");
        await Registry.DeleteAsync(first, "bad alone");
        await RefusedAsync<ConcurrencyConflictException>(registry => registry.DeleteModelAsync("churn", "over").AsTask(), "Model 'churn'", "churn@champion");
        await Registry.DeleteModelAsync("churn", "over", new DeletionOptions { RemoveAliases = true });

        (await Registry.ListModelsAsync()).Should().BeEmpty();
        (await Registry.ListModelsAsync(new ModelListOptions())).Should().BeEmpty();
        (await Registry.ListModelsAsync(new ModelListOptions { IncludeDeleted = true })).Should().ContainSingle().Which.Deleted!.Reason.Should().Be("over");
        (await Registry.ListAsync("churn")).Should().BeEmpty();
        await RefusedAsync<ModelNotFoundException>(registry => registry.GetModelAsync("churn").AsTask(), "deleted", "over");
        await RefusedAsync<ModelNotFoundException>(registry => registry.RemoveAliasAsync("churn", "champion", "x").AsTask(), "deleted");
        await RefusedAsync<ConcurrencyConflictException>(registry => registry.RestoreAsync(second, "alone").AsTask(), "Restore the model first");

        (await Registry.RestoreModelAsync("churn", "needed")).Versions.Should().Be(2);
        (await Registry.ListAsync("churn")).Select(version => version.Ref).Should().Equal(third, second);
        (await Registry.GetStagesAsync("churn")).Should().Equal(new Dictionary<int, ModelStage> { [1] = ModelStage.Deleted, [2] = ModelStage.Registered, [3] = ModelStage.Retired });
    }

    [Fact]
    public async Task Model_RecreatedAndDeletedAgain_RestoresOnlyTheLastGeneration()
    {
        await RegisterAsync();
        await Registry.DeleteModelAsync("churn", "over");
        var second = await RegisterAsync();
        (await Registry.ListAsync("churn")).Select(version => version.Ref).Should().Equal(second);
        (await Registry.RestoreAsync(new ModelVersionRef("churn", 1), "needed too")).Version.Should().Be(1);
        await Registry.DeleteAsync(new ModelVersionRef("churn", 1), "not needed");
        await Registry.DeleteModelAsync("churn", "over again");
        await Registry.RestoreModelAsync("churn", "still needed");
        (await Registry.ListAsync("churn")).Select(version => version.Ref).Should().Equal(second);
    }

    [Fact]
    public async Task Register_KeyOfADeletedVersion_IsRefused()
    {
        var draft = await Drafts.SmallAsync(_environment.Context, key: "step-1");
        var version = await Registry.RegisterAsync(draft);
        await Registry.DeleteAsync(version.Ref, "wrong");
        await RefusedAsync<ConcurrencyConflictException>(registry => registry.RegisterAsync(draft).AsTask(), "step-1", "churn:1", "wrong");
        await Registry.RestoreAsync(version.Ref, "right");
        (await Registry.RegisterAsync(draft)).Version.Should().Be(1);
    }

    [Fact]
    public async Task Purge_ReleasesTheBlobsToTheCollectorAndNotBefore()
    {
        _environment.Clock.JumpTo(TimeProvider.System.GetUtcNow());
        var keep = await Registry.RegisterAsync(await Drafts.SmallAsync(_environment.Context, content: "kept"));
        var gone = await Registry.RegisterAsync(await Drafts.SmallAsync(_environment.Context, content: "gone"));
        await Registry.DeleteAsync(gone.Ref, "old");
        var blob = gone.Artifacts[0].Content.ParsedDigest;
        Age();
        (await new ArtifactCollector(_environment.Context, []).CollectAsync()).Blobs.Should().Be(0, "a deleted version can be restored");

        _environment.Clock.Advance(TimeSpan.FromDays(20));
        (await Registry.PurgeAsync(TimeSpan.FromDays(30))).Versions.Should().BeEmpty("it was deleted 20 days ago");
        (await Registry.PurgeAsync(TimeSpan.FromDays(14), dryRun: true)).Should().BeEquivalentTo(new PurgeReport([gone.Ref], [], true));
        (await Registry.GetAsync(gone.Ref, includeDeleted: true)).Ref.Should().Be(gone.Ref);
        (await Registry.PurgeAsync(TimeSpan.FromDays(14))).Versions.Should().Equal(gone.Ref);
        (await Registry.PurgeAsync(TimeSpan.FromDays(14))).Versions.Should().BeEmpty();

        await RefusedAsync<ModelNotFoundException>(registry => registry.GetAsync(gone.Ref, includeDeleted: true).AsTask(), "churn");
        await RefusedAsync<ModelNotFoundException>(registry => registry.RestoreAsync(gone.Ref, "too late").AsTask(), "churn");
        (await new ArtifactCollector(_environment.Context, []).CollectAsync()).Blobs.Should().Be(1);
        (await _environment.Context.Artifacts.ExistsAsync(blob)).Should().BeFalse();
        (await _environment.Context.Artifacts.ExistsAsync(keep.Artifacts[0].Content.ParsedDigest)).Should().BeTrue();
        (await OperationsAsync()).Should().ContainSingle(operation => operation == "registry.version.purge");
    }

    [Fact]
    public async Task Update_Model_IsAuditedWithBeforeAndAfter()
    {
        using (_environment.Caller.ActAs(CallerAccessor.Named("ann")))
            await RegisterAsync();
        (await Registry.GetModelAsync("churn")).CreatedBy.Should().Be("ann");
        _environment.Clock.Advance(TimeSpan.FromHours(1));
        var updated = await Registry.UpdateModelAsync(
            "churn", new ModelChanges { Description = "# Churn", Owner = "ads", Tags = new Dictionary<string, string?> { ["task"] = "binary", ["gone"] = null } }, "handed over");
        updated.Should().BeEquivalentTo(await Registry.GetModelAsync("churn"));
        (updated.Description, updated.Owner, updated.Tags["task"]).Should().Be(("# Churn", "ads", "binary"));
        (updated.UpdatedAt > updated.CreatedAt).Should().BeTrue();

        await Registry.UpdateModelAsync("churn", new ModelChanges { Owner = "ads" });
        await Registry.UpdateModelAsync("churn", new ModelChanges { Tags = new Dictionary<string, string?> { ["task"] = null } });
        (await Registry.GetModelAsync("churn")).Tags.Should().BeEmpty();
        var records = (await _environment.Context.Audit.ReadAsync()).Where(record => record.Entry.Operation == "registry.model.update").ToArray();
        records.Should().HaveCount(2, "an update that changes nothing is none");
        records[0].Entry.Should().Be(new AuditEntry(
            "registry.model.update", "churn", "handed over", """{"description":"","owner":"","tags":{}}""", """{"description":"# Churn","owner":"ads","tags":{"task":"binary"}}"""));
        await RefusedAsync<ModelNotFoundException>(registry => registry.UpdateModelAsync("chrn", new ModelChanges()).AsTask(), "'churn'");
        await RefusedAsync<InvalidInputException>(registry => registry.UpdateModelAsync("churn", new ModelChanges { Owner = new string('a', 1000) }).AsTask(), "owner");
    }

    [Fact]
    public async Task List_Models_IsPagedByName()
    {
        var draft = await Drafts.SmallAsync(_environment.Context);
        foreach (var name in (string[])["b", "a", "d", "c"])
            await Registry.RegisterAsync(draft with { Model = name });
        await Registry.UpdateModelAsync("c", new ModelChanges { Owner = "ads", Tags = new Dictionary<string, string?> { ["x"] = "1" } });
        var page = await Registry.ListModelsAsync(new ModelListOptions { Limit = 3 });
        page.Select(model => model.Name).Should().Equal("a", "b", "c");
        page[2].Tags.Should().Equal(new Dictionary<string, string> { ["x"] = "1" });
        (await Registry.ListModelsAsync(new ModelListOptions { Limit = 3, After = page[^1].Name })).Select(model => model.Name).Should().Equal("d");
        (await Registry.ListModelsAsync(new ModelListOptions { Owner = "ads" })).Select(model => model.Name).Should().Equal("c");
        await RefusedAsync<InvalidInputException>(registry => registry.ListModelsAsync(new ModelListOptions { Limit = 0 }).AsTask(), "1 to 1000");
    }

    [Fact]
    public async Task Stage_FollowsAliasesAndDeletions()
    {
        var (first, second) = (await RegisterAsync(), await RegisterAsync());
        await StepAsync(registry => registry.SetAliasAsync(first, "challenger", "try").AsTask());
        await StepAsync(registry => registry.SetAliasAsync(first, "champion", "won").AsTask());
        await StepAsync(registry => registry.RemoveAliasAsync("churn", "challenger", "won").AsTask());
        await StepAsync(registry => registry.SetAliasAsync(first, "eu", "elsewhere").AsTask());
        await StepAsync(registry => registry.SetAliasAsync(second, "champion", "better").AsTask());
        await StepAsync(registry => registry.DeleteAsync(first, "old", new DeletionOptions { RemoveAliases = true }).AsTask());
        await StepAsync(registry => registry.RestoreAsync(first, "missed").AsTask());

        var report = await Registry.GetStageAsync(first);
        report.History.Select(change => (change.Stage, change.Reason)).Should().Equal(
            (ModelStage.Registered, "registered"), (ModelStage.Candidate, "try"), (ModelStage.Champion, "won"), (ModelStage.Retired, "better"),
            (ModelStage.Deleted, "old"), (ModelStage.Retired, "missed"));
        report.History.Select(change => change.At).Should().BeInAscendingOrder();
        (report.Stage, report.Environment).Should().Be((ModelStage.Retired, "sandbox"));
        var champion = await Registry.GetStageAsync(second);
        (champion.Stage, champion.Aliases.Single()).Should().Be((ModelStage.Champion, "champion"));
        (await Registry.GetStagesAsync("churn")).Should().Equal(new Dictionary<int, ModelStage> { [1] = ModelStage.Retired, [2] = ModelStage.Champion });
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public async Task Delete_WithoutReason_IsRefused(string reason)
    {
        var version = await RegisterAsync();
        await RefusedAsync<InvalidInputException>(registry => registry.DeleteAsync(version, reason).AsTask(), "Say why");
        await RefusedAsync<InvalidInputException>(registry => registry.DeleteModelAsync("churn", reason).AsTask(), "Say why");
    }

    [Fact]
    public async Task Register_UnknownRun_IsRefusedUnlessItIsACopy()
    {
        var draft = (await Drafts.SmallAsync(_environment.Context)) with { RunId = "nope" };
        await RefusedAsync<InvalidDefinitionException>(registry => registry.RegisterAsync(draft).AsTask(), "'nope'", "'sandbox'", "StartRunAsync");
        var digest = draft.Artifacts[0].Content.Digest;
        await RefusedAsync<InvalidDefinitionException>(
            registry => registry.RegisterAsync(draft with { Provenance = new ModelProvenance("staging", "churn:1", digest, "RetrainInTarget") }).AsTask(), "'nope'");
        (await Registry.RegisterAsync(draft with { Provenance = new ModelProvenance("staging", "churn:1", digest, "CopyModel") })).RunId.Should().Be("nope");
        await using var run = await new SqlExperiments(_environment.Context).StartRunAsync("training");
        (await Registry.RegisterAsync(draft with { RunId = run.Id })).RunId.Should().Be(run.Id);
    }

    [Fact]
    public async Task Register_WithoutRequiredKinds_SaysWhatIsMissingAndHowToAddIt()
    {
        var registry = new SqlModelRegistry(_environment.Context, new RegistryPolicy { RequiredArtifactKinds = [ModelArtifactKind.Data, ModelArtifactKind.Parameters] });
        var draft = await Drafts.SmallAsync(_environment.Context);
        (await registry.Invoking(r => r.RegisterAsync(draft).AsTask()).Should().ThrowAsync<InvalidDefinitionException>())
            .Which.Message.Should().ContainAll("'sandbox'", "Parameters, Data", "lacks Data (ModelVersionBuilder.WithData)");
        (await registry.RegisterAsync(await Drafts.Full(_environment.Context).BuildAsync())).Version.Should().Be(1, "a refused version takes no number");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task RandomActs_KeepTheInvariants(int seed)
    {
        var random = new Random(seed);
        var draft = await Drafts.SmallAsync(_environment.Context);
        var (alive, dead, aliases, last, modelDeleted) = (new SortedSet<int>(), new SortedSet<int>(), new Dictionary<string, int>(), 0, false);
        var withModel = new HashSet<int>();
        for (var act = 0; act < 60; act++)
        {
            var version = new ModelVersionRef("churn", random.Next(1, Math.Max(2, last + 1)));
            var alias = random.Next(2) == 0 ? "champion" : "challenger";
            switch (random.Next(9))
            {
                case 0 or 1 or 2:
                    (await Registry.RegisterAsync(draft)).Version.Should().Be(++last);
                    (modelDeleted, _) = (false, alive.Add(last));
                    break;
                case 3 or 4:
                    var moved = await TryAsync(r => r.SetAliasAsync(version, alias, "r").AsTask());
                    moved.Should().Be(alive.Contains(version.Version));
                    if (moved)
                        aliases[alias] = version.Version;
                    break;
                case 5:
                    var deleted = await TryAsync(r => r.DeleteAsync(version, "r").AsTask());
                    deleted.Should().Be(dead.Contains(version.Version) || (alive.Contains(version.Version) && !aliases.ContainsValue(version.Version)));
                    if (deleted && alive.Remove(version.Version))
                        dead.Add(version.Version);
                    break;
                case 6:
                    var restored = await TryAsync(r => r.RestoreAsync(version, "r").AsTask());
                    restored.Should().Be(alive.Contains(version.Version) || (dead.Contains(version.Version) && !modelDeleted));
                    if (restored && dead.Remove(version.Version))
                        (_, _) = (alive.Add(version.Version), withModel.Remove(version.Version));
                    break;
                case 7 when random.Next(2) == 0 && last > 0:
                    await Registry.DeleteModelAsync("churn", "r", new DeletionOptions { RemoveAliases = true });
                    if (!modelDeleted)
                        withModel = [.. alive];
                    dead.UnionWith(alive);
                    alive.Clear();
                    aliases.Clear();
                    modelDeleted = true;
                    break;
                case 8 when modelDeleted:
                    await Registry.RestoreModelAsync("churn", "r");
                    alive.UnionWith(withModel);
                    dead.ExceptWith(withModel);
                    (withModel, modelDeleted) = ([], false);
                    break;
            }

            (await Registry.ListAsync("churn")).Select(found => found.Version).Should().Equal(alive.Reverse());
            (await Registry.ListAsync("churn", includeDeleted: true)).Should().HaveCount(last);
            (await Registry.GetAliasesAsync("churn")).Should().BeEquivalentTo(aliases);
        }

        foreach (var (number, stage) in await Registry.GetStagesAsync("churn"))
            (await Registry.GetStageAsync(new ModelVersionRef("churn", number))).Stage.Should().Be(stage);
        (await _environment.Context.Audit.VerifyAsync()).Should().BeNull();
    }

    [Fact]
    public async Task Store_OfTheFirstFormat_OpensWithItsVersions()
    {
        var context = _environment.Context;
        var draft = await Drafts.Full(context).BuildAsync();
        var config = new ModelConfig("churn", draft.Signature, draft.Metrics, draft.Description).Write();
        var manifest = ModelManifest.Write(new ArtifactRef(ArtifactDigest.Of(config).ToString(), config.Length, ModelMediaTypes.Config), draft.Artifacts);
        await new MetadataArea(context.Metadata, new MetadataSchema("registry", [RegistrySchema.Current.Migrations[0]])).WriteAsync(async (session, _) =>
        {
            await session.ExecuteAsync("INSERT INTO registry_models (name, last_version, created_at) VALUES ('churn', 1, 5)");
            return await session.ExecuteAsync(
                "INSERT INTO registry_versions (model, version, manifest_digest, manifest, config, created_at, created_by) VALUES ('churn', 1, @digest, @manifest, @config, 5, 'ann')",
                ("digest", ArtifactDigest.Of(manifest).ToString()), ("manifest", manifest), ("config", config));
        });

        context = await _environment.ReopenAsync();
        var version = await Registry.GetAsync(new ModelVersionRef("churn", 1));
        version.Metrics["auc"].Should().Be(0.81);
        (await Registry.GetModelAsync("churn")).Should().Match<RegisteredModel>(model => model.UpdatedAt == new Timestamp(5) && model.Owner == "" && model.Versions == 1);
        var data = LineageNode.Data(ArtifactDigest.Of("rows"u8).ToString());
        (await new LineageExplorer(context, []).GetDownstreamAsync(data)).OfKind(LineageNodeKind.ModelVersion).Should().Equal("churn:1");
        await Registry.DeleteAsync(version.Ref, "old");
        (await RegisterAsync()).Version.Should().Be(2);
    }

    private async Task<bool> TryAsync<T>(Func<SqlModelRegistry, Task<T>> act)
    {
        try
        {
            await act(Registry);
            return true;
        }
        catch (Exception error) when (error is ModelNotFoundException or ConcurrencyConflictException)
        {
            return false;
        }
    }

    private async Task StepAsync<T>(Func<SqlModelRegistry, Task<T>> act)
    {
        _environment.Clock.Advance(TimeSpan.FromMinutes(1));
        await act(Registry);
    }

    private async Task<ModelVersionRef> RegisterAsync() => (await Registry.RegisterAsync(await Drafts.SmallAsync(_environment.Context))).Ref;

    private async Task<string[]> OperationsAsync() => [.. (await _environment.Context.Audit.ReadAsync()).Select(record => record.Entry.Operation)];

    private async Task RefusedAsync<TException>(Func<SqlModelRegistry, Task> act, params string[] words)
        where TException : Exception =>
        (await Registry.Invoking(act).Should().ThrowAsync<TException>()).Which.Message.Should().ContainAll(words);

    private void Age()
    {
        foreach (var path in Directory.GetFiles(Path.Combine(_environment.Directory, "artifacts"), "*", SearchOption.AllDirectories))
            File.SetLastWriteTimeUtc(path, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-30));
    }

    private sealed class EdgeList : ILineageSource
    {
        public List<LineageEdge> Edges { get; } = [];

        public ValueTask<IReadOnlyList<LineageEdge>> GetEdgesAsync(LineageNode node, LineageDirection direction, int limit, CancellationToken cancellationToken = default) =>
            new([.. Edges.Where(edge => (direction == LineageDirection.Downstream ? edge.From : edge.To) == node)]);
    }
}
