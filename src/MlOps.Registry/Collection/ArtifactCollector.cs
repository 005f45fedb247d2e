namespace MlOps.Registry;

/// <summary>
/// Collection in two steps per blob: condemned in a transaction that finds no reference, then deleted by the store. Registration
/// refuses condemned blobs in its own transaction, so that of a collection and a registration that race, one sees the other.
/// </summary>
internal sealed class ArtifactCollector(EnvironmentContext context, IEnumerable<IArtifactRoots> roots) : IArtifactCollector
{
    private static readonly TimeSpan LeastAge = TimeSpan.FromHours(1);

    private readonly IArtifactRoots[] _roots = [.. roots];
    private readonly MetadataArea _registry = new(context.Metadata, RegistrySchema.Current);
    private readonly MetadataArea _experiments = new(context.Metadata, ExperimentsSchema.Current);

    public async ValueTask<CollectionReport> CollectAsync(CollectionOptions? options = null, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.Operate, "the artifacts");
        options ??= new CollectionOptions();
        if (options.MinimumAge < LeastAge)
            throw new InvalidInputException($"MinimumAge is {options.MinimumAge}; at least {LeastAge} is needed, so that what writers just stored is safe.");
        await _registry.EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        await _experiments.EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        var before = await SparedSinceAsync(options.MinimumAge, cancellationToken).ConfigureAwait(false);
        return options.DryRun
            ? await CountAsync(before, cancellationToken).ConfigureAwait(false)
            : await RemoveAsync(before, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<CollectionReport> CountAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var (blobs, bytes) = await context.Artifacts.CountCollectableAsync(
            (digest, ct) => IsWantedAsync(digest, ct), before, cancellationToken).ConfigureAwait(false);
        return new CollectionReport(blobs, bytes, DryRun: true);
    }

    private async ValueTask<CollectionReport> RemoveAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var condemned = new List<string>();
        try
        {
            var (blobs, bytes) = await context.Artifacts.CollectAsync(
                async (digest, ct) =>
                {
                    // Looked up first: a transaction for each blob that stays would make the writers wait.
                    if (await IsWantedAsync(digest, ct).ConfigureAwait(false) || !await CondemnAsync(digest, ct).ConfigureAwait(false))
                        return true;
                    condemned.Add(digest.ToString());
                    return false;
                },
                before, cancellationToken).ConfigureAwait(false);
            return new CollectionReport(blobs, bytes, DryRun: false);
        }
        finally
        {
            await FinishAsync(condemned).ConfigureAwait(false);
        }
    }

    private async ValueTask<bool> CondemnAsync(ArtifactDigest digest, CancellationToken cancellationToken) =>
        await _registry.WriteAsync(async (session, _) =>
        {
            if (await IsReferencedAsync(session, digest).ConfigureAwait(false))
                return false;
            await session.ExecuteAsync(
                "INSERT INTO registry_condemned (digest, condemned_at) VALUES (@digest, @now) ON CONFLICT (digest) DO UPDATE SET condemned_at = excluded.condemned_at",
                ("digest", digest.ToString()), ("now", Timestamp.From(context.Clock.GetUtcNow()))).ConfigureAwait(false);
            return true;
        }, cancellationToken).ConfigureAwait(false);

    private async ValueTask FinishAsync(List<string> condemned)
    {
        if (condemned.Count == 0)
            return;
        await _registry.WriteAsync(async (session, _) =>
        {
            foreach (var digest in condemned)
                await session.ExecuteAsync("DELETE FROM registry_condemned WHERE digest = @digest", ("digest", digest)).ConfigureAwait(false);
            await context.Audit.AppendAsync(session, new AuditEntry("registry.blobs.collect", context.Name, After: StoredJson.Text(writer =>
            {
                writer.WriteStartObject();
                writer.WriteNumber("blobs", condemned.Count);
                writer.WriteEndObject();
            }))).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
    }

    private async ValueTask<DateTimeOffset> SparedSinceAsync(TimeSpan minimumAge, CancellationToken cancellationToken)
    {
        var before = context.Clock.GetUtcNow() - minimumAge;
        foreach (var root in _roots)
        {
            // The file system's clock may be another than the one that the work was dated by.
            if (await root.WorkingSinceAsync(cancellationToken).ConfigureAwait(false) is { } since && since - LeastAge < before)
                before = since - LeastAge;
        }

        return before;
    }

    private async ValueTask<bool> IsWantedAsync(ArtifactDigest digest, CancellationToken cancellationToken)
    {
        if (await _registry.ReadAsync((session, _) => IsReferencedAsync(session, digest), cancellationToken).ConfigureAwait(false))
            return true;
        foreach (var root in _roots)
        {
            if (await root.IsReachableAsync(digest, cancellationToken).ConfigureAwait(false))
                return true;
        }

        return false;
    }

    private static async ValueTask<bool> IsReferencedAsync(IMetadataSession session, ArtifactDigest digest) =>
        await session.ScalarAsync(
            "SELECT 1 FROM registry_blobs WHERE digest = @digest UNION ALL SELECT 1 FROM experiments_artifacts WHERE digest = @digest " +
            "UNION ALL SELECT 1 FROM experiments_inputs WHERE digest = @digest " +
            "UNION ALL SELECT 1 FROM registry_sources WHERE kind = 'data' AND id = @digest LIMIT 1",
            ("digest", digest.ToString())).ConfigureAwait(false) is not null;
}
