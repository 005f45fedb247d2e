using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class FailureTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Register_EveryStoreCallFailingOnce_LeavesNothingHalfAndCanBeRepeated(bool afterwards)
    {
        await using var environment = new TestEnvironment();
        var draft = (await Drafts.Full(environment.Context).BuildAsync()) with { Key = "step" };
        for (var failAt = 0; ; failAt++)
        {
            var model = $"churn{failAt}";
            var failing = new FailingArtifacts(environment.Context.Artifacts, failAt, afterwards);
            var registry = new SqlModelRegistry(With(environment.Context, failing));
            try
            {
                await registry.RegisterAsync(draft with { Model = model });
            }
            catch (StorageException)
            {
            }

            var healthy = new SqlModelRegistry(environment.Context);
            if (!failing.Failed)
                break;
            (await healthy.ListModelsAsync()).Should().NotContain(model);
            (await environment.Context.Events.ReadAsync()).Should().HaveCount(failAt);
            (await healthy.RegisterAsync(draft with { Model = model })).Version.Should().Be(1);
        }

        (await environment.Context.Audit.VerifyAsync()).Should().BeNull();
    }

    [Fact]
    public async Task Register_KilledAfterTheBlobs_LeavesOnlyUnreferencedBlobs()
    {
        await using var environment = new TestEnvironment();
        var draft = (await Drafts.SmallAsync(environment.Context)) with { Key = "step" };
        var audit = new SqlModelRegistry(With(environment.Context, environment.Context.Artifacts, new NoAudit()));
        await audit.Invoking(registry => registry.RegisterAsync(draft).AsTask()).Should().ThrowAsync<StorageException>();

        await environment.ReopenAsync();
        var registry = new SqlModelRegistry(environment.Context);
        (await registry.ListModelsAsync()).Should().BeEmpty("no audit record, no act");
        (await environment.Context.Events.ReadAsync()).Should().BeEmpty();
        (await registry.RegisterAsync(draft)).Version.Should().Be(1);
    }

    [Fact]
    public async Task Lifecycle_WithoutAnAuditRecord_ChangesNothing()
    {
        await using var environment = new TestEnvironment();
        var registry = new SqlModelRegistry(environment.Context);
        var draft = await Drafts.SmallAsync(environment.Context);
        var versions = new List<ModelVersionRef>();
        for (var i = 0; i < 3; i++)
            versions.Add((await registry.RegisterAsync(draft)).Ref);
        await registry.SetAliasAsync(versions[0], "champion", "best");
        await registry.DeleteAsync(versions[2], "old");
        await registry.RegisterAsync(draft with { Model = "fraud" });
        await registry.DeleteModelAsync("fraud", "old");
        var options = new DeletionOptions { RemoveAliases = true };
        var failing = new SqlModelRegistry(With(environment.Context, environment.Context.Artifacts, new NoAudit()));
        Func<Task>[] acts =
        [
            async () => await failing.DeleteAsync(versions[1], "no"),
            async () => await failing.DeleteAsync(versions[0], "no", options),
            async () => await failing.RestoreAsync(versions[2], "no"),
            async () => await failing.DeleteModelAsync("churn", "no", options),
            async () => await failing.RestoreModelAsync("fraud", "no"),
            async () => await failing.RegisterAsync(draft with { Model = "fraud" }),
            async () => await failing.UpdateModelAsync("churn", new ModelChanges { Owner = "ads" }),
            async () => await failing.PurgeAsync(TimeSpan.Zero),
        ];
        var before = await StateAsync();
        foreach (var act in acts)
        {
            await act.Should().ThrowAsync<StorageException>();
            (await StateAsync()).Should().Be(before);
        }

        (await environment.Context.Audit.VerifyAsync()).Should().BeNull();

        async Task<string> StateAsync()
        {
            var models = await registry.ListModelsAsync(new ModelListOptions { IncludeDeleted = true });
            var rows = (await registry.ListAsync("churn", includeDeleted: true)).Concat(await registry.ListAsync("fraud", includeDeleted: true)).Select(version => $"{version.Ref} {version.Deleted}");
            var history = (await registry.GetAliasHistoryAsync("churn")).Count + (await registry.GetStageAsync(versions[2])).History.Count;
            return string.Join("; ", models.Select(model => $"{model}").Concat(rows).Append($"{history} {(await environment.Context.Events.ReadAsync()).Count}"));
        }
    }

    [Fact]
    public async Task Lifecycle_CommittedButNotAnswered_CanBeRepeated()
    {
        await using var environment = new TestEnvironment();
        var metadata = new FailingMetadata(environment.Context.Metadata) { Afterwards = true };
        var registry = new SqlModelRegistry(With(environment.Context, environment.Context.Artifacts, metadata: metadata));
        var version = (await registry.RegisterAsync(await Drafts.SmallAsync(environment.Context))).Ref;
        var changes = new ModelChanges { Owner = "ads" };
        Func<Task>[] acts =
        [
            async () => await registry.DeleteAsync(version, "old"), async () => await registry.RestoreAsync(version, "new"),
            async () => await registry.UpdateModelAsync("churn", changes), async () => await registry.DeleteModelAsync("churn", "old"),
            async () => await registry.RestoreModelAsync("churn", "new"),
        ];
        foreach (var act in acts)
        {
            metadata.Full = true;
            await act.Should().ThrowAsync<StorageException>("the commit was not answered");
            metadata.Full = false;
            await act();
        }

        (await environment.Context.Audit.ReadAsync()).Select(record => record.Entry.Operation).Should().Equal(
            "registry.version.register", "registry.version.delete", "registry.version.restore", "registry.model.update", "registry.model.delete", "registry.model.restore");
    }

    private static EnvironmentContext With(EnvironmentContext context, IArtifactStore artifacts, IAuditLog? audit = null, IMetadataStore? metadata = null) => new()
    {
        Name = context.Name,
        Kind = context.Kind,
        Directory = context.Directory,
        Files = context.Files,
        Metadata = metadata ?? context.Metadata,
        Artifacts = artifacts,
        Events = context.Events,
        Audit = audit ?? context.Audit,
        Caller = context.Caller,
        Clock = context.Clock,
    };

    private sealed class NoAudit : IAuditLog
    {
        public ValueTask AppendAsync(IMetadataSession session, AuditEntry entry) => throw new StorageException("The audit trail is gone.");

        public ValueTask<IReadOnlyList<AuditRecord>> ReadAsync(long afterSequence = 0, int limit = 1000, CancellationToken cancellationToken = default) =>
            throw new StorageException("The audit trail is gone.");

        public ValueTask<long?> VerifyAsync(CancellationToken cancellationToken = default) => throw new StorageException("The audit trail is gone.");

        public ValueTask<AuditReport> VerifyAsync(AuditVerification verification, CancellationToken cancellationToken = default) => throw new StorageException("The audit trail is gone.");

        public ValueTask<AuditCheckpoint> CheckpointAsync(AuditSigner signer, IAuditAnchor? anchor = null, CancellationToken cancellationToken = default) => throw new StorageException("The audit trail is gone.");

        public ValueTask<IReadOnlyList<AuditCheckpoint>> GetCheckpointsAsync(CancellationToken cancellationToken = default) => throw new StorageException("The audit trail is gone.");

        public ValueTask<AuditInclusion> ProveInclusionAsync(long sequence, long? size = null, CancellationToken cancellationToken = default) => throw new StorageException("The audit trail is gone.");

        public ValueTask<AuditConsistency> ProveConsistencyAsync(long firstSize, long? secondSize = null, CancellationToken cancellationToken = default) => throw new StorageException("The audit trail is gone.");
    }
}
