namespace MlOps.Audit;

internal sealed partial class SqlAuditLog
{
    public async ValueTask<AuditCheckpoint> CheckpointAsync(AuditSigner signer, IAuditAnchor? anchor = null, CancellationToken cancellationToken = default)
    {
        RequireReading();
        ArgumentNullException.ThrowIfNull(signer);
        var checkpoint = await _area.WriteAsync(async (session, _) =>
        {
            var size = await SizeAsync(session).ConfigureAwait(false);
            var tree = new AuditTree(session, size);
            await tree.StoreTilesAsync(long.MaxValue / 2).ConfigureAwait(false);
            var signed = AuditCheckpoint.Create(store.EnvironmentName, size, await tree.RootAsync(size).ConfigureAwait(false), signer);
            await session.ExecuteAsync(
                "INSERT INTO audit_checkpoint (size, note, time) VALUES (@size, @note, @time) ON CONFLICT DO NOTHING",
                ("@size", size), ("@note", signed.Note), ("@time", Timestamp.From(clock.GetUtcNow()))).ConfigureAwait(false);
            return signed;
        }, cancellationToken).ConfigureAwait(false);
        if (anchor is not null)
            await anchor.PublishAsync(checkpoint, cancellationToken).ConfigureAwait(false);
        return checkpoint;
    }

    public async ValueTask<IReadOnlyList<AuditCheckpoint>> GetCheckpointsAsync(CancellationToken cancellationToken = default)
    {
        RequireReading();
        var notes = await NotesAsync(cancellationToken).ConfigureAwait(false);
        return notes.ConvertAll(AuditCheckpoint.Parse);
    }

    public async ValueTask<AuditInclusion> ProveInclusionAsync(long sequence, long? size = null, CancellationToken cancellationToken = default)
    {
        RequireReading();
        return await _area.ReadAsync(async (session, _) =>
        {
            var records = await SizeAsync(session).ConfigureAwait(false);
            var within = size ?? records;
            if (within < 0 || within > records)
                throw new NotFoundException($"The audit trail of '{store.EnvironmentName}' has {records} records; a proof within {within} cannot be given.");
            if (sequence < 1 || sequence > within)
                throw new NotFoundException($"There is no record {sequence} among the first {within} of the audit trail of '{store.EnvironmentName}'.");
            var former = sequence == 1 ? "" : await session.FirstOrDefaultAsync(
                "SELECT hash FROM audit_record WHERE sequence = @former", row => row.GetString(0), ("@former", sequence - 1)).ConfigureAwait(false)
                ?? throw new CorruptDataException($"Record {sequence - 1} of the audit trail of '{store.EnvironmentName}' is missing. Verify the trail with VerifyAsync.");
            var path = await new AuditTree(session, records).InclusionAsync(sequence - 1, within).ConfigureAwait(false);
            return new AuditInclusion(sequence, within, former, path.ConvertAll(hash => (ReadOnlyMemory<byte>)hash));
        }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<AuditConsistency> ProveConsistencyAsync(long firstSize, long? secondSize = null, CancellationToken cancellationToken = default)
    {
        RequireReading();
        return await _area.ReadAsync(async (session, _) =>
        {
            var records = await SizeAsync(session).ConfigureAwait(false);
            var second = secondSize ?? records;
            if (second > records)
                throw new NotFoundException($"The audit trail of '{store.EnvironmentName}' has {records} records, not {second}.");
            if (firstSize < 0 || firstSize > second)
                throw new InvalidInputException($"A trail of {firstSize} records cannot be the beginning of one of {second}: pass the smaller size first.");
            var path = await new AuditTree(session, records).ConsistencyAsync(firstSize, second).ConfigureAwait(false);
            return new AuditConsistency(firstSize, second, path.ConvertAll(hash => (ReadOnlyMemory<byte>)hash));
        }, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<List<string>> NotesAsync(CancellationToken cancellationToken) => _area.ReadAsync(
        (session, _) => session.QueryAsync("SELECT note FROM audit_checkpoint ORDER BY size, time", row => row.GetString(0)), cancellationToken);

    private static async ValueTask<long> SizeAsync(IMetadataSession session) =>
        await session.ScalarAsync("SELECT MAX(sequence) FROM audit_record").ConfigureAwait(false) ?? 0;
}
