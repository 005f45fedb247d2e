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

    private static EnvironmentContext With(EnvironmentContext context, IArtifactStore artifacts, IAuditLog? audit = null) => new()
    {
        Name = context.Name,
        Kind = context.Kind,
        Directory = context.Directory,
        Files = context.Files,
        Metadata = context.Metadata,
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
