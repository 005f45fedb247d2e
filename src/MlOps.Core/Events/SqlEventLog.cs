using System.Runtime.CompilerServices;
using System.Text.Json;
using MlOps.Metadata;

namespace MlOps.Events;

/// <summary>Events as rows of the metadata store. Followers in this process are woken by the commit, those in others poll.</summary>
internal sealed class SqlEventLog(IMetadataStore store, TimeProvider clock) : IEventLog
{
    /// <summary>The tables; opened stores bring them up to date before anything else.</summary>
    public static readonly MetadataSchema Schema = new("events",
    [
        """
        CREATE TABLE events_event (
            sequence {identity},
            time BIGINT NOT NULL,
            type TEXT NOT NULL,
            subject TEXT NOT NULL,
            data TEXT NOT NULL,
            event_key TEXT UNIQUE);
        """,
    ]);

    private const int PageRows = 500;
    private const string Columns = "sequence, time, type, subject, data";
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);
    private readonly MetadataArea _area = new(store, Schema);
    private TaskCompletionSource _appended = NewSignal();

    public async ValueTask<MlOpsEvent> AppendAsync(
        string type, string subject, string data = "{}", string? key = null, CancellationToken cancellationToken = default)
    {
        Check(type, subject, data);
        var appended = await _area.WriteAsync((session, _) => InsertAsync(session, type, subject, data, key), cancellationToken).ConfigureAwait(false);
        Wake();
        return appended;
    }

    public ValueTask<MlOpsEvent> AppendAsync(IMetadataSession session, string type, string subject, string data = "{}", string? key = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        Check(type, subject, data);
        if (session is ICommitNotifier notifier)
            notifier.AfterCommit(Wake);
        return InsertAsync(session, type, subject, data, key);
    }

    public async ValueTask<IReadOnlyList<MlOpsEvent>> ReadAsync(
        long afterSequence = 0, string? typePrefix = null, int limit = 1000, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        var (events, _) = await ReadPageAsync(afterSequence, typePrefix, limit, cancellationToken).ConfigureAwait(false);
        return events;
    }

    public async IAsyncEnumerable<MlOpsEvent> FollowAsync(
        long afterSequence = 0, string? typePrefix = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var position = afterSequence;
        while (true)
        {
            // Taken before the read, so that an event which comes during the read is not slept over.
            var signal = Volatile.Read(ref _appended).Task;
            var (events, scannedTo) = await ReadPageAsync(position, typePrefix, PageRows, cancellationToken).ConfigureAwait(false);
            foreach (var appended in events)
                yield return appended;
            position = Math.Max(position, scannedTo);
            if (events.Count < PageRows)
                await WaitAsync(signal, cancellationToken).ConfigureAwait(false);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static void Check(string type, string subject, string data)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(type);
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(data);
        try
        {
            JsonDocument.Parse(data).Dispose();
        }
        catch (JsonException exception)
        {
            throw new InvalidInputException($"The data of event '{type}' is not JSON: {exception.Message}", exception);
        }
    }

    private static MlOpsEvent Map(System.Data.Common.DbDataReader row) =>
        new(row.GetInt64(0), row.GetTimestamp(1), row.GetString(2), row.GetString(3), row.GetString(4));

    private async ValueTask<MlOpsEvent> InsertAsync(IMetadataSession session, string type, string subject, string data, string? key)
    {
        var time = Timestamp.From(clock.GetUtcNow());
        var sequence = await session.ScalarAsync(
            "INSERT INTO events_event (time, type, subject, data, event_key) VALUES (@time, @type, @subject, @data, @key) " +
            "ON CONFLICT (event_key) DO NOTHING RETURNING sequence",
            ("@time", time), ("@type", type), ("@subject", subject), ("@data", data), ("@key", key)).ConfigureAwait(false);
        if (sequence is { } added)
            return new MlOpsEvent(added, time, type, subject, data);
        var former = await session.QueryAsync($"SELECT {Columns} FROM events_event WHERE event_key = @key", Map, ("@key", key)).ConfigureAwait(false);
        return former.Single();
    }

    private ValueTask<(List<MlOpsEvent> Events, long ScannedTo)> ReadPageAsync(
        long afterSequence, string? typePrefix, int limit, CancellationToken cancellationToken) =>
        _area.ReadAsync(
            async (session, _) =>
            {
                var filter = typePrefix is null ? "" : "AND substr(type, 1, length(@prefix)) = @prefix ";
                var sql = $"SELECT {Columns} FROM events_event WHERE sequence > @after {filter}ORDER BY sequence LIMIT @limit";
                var events = typePrefix is null
                    ? await session.QueryAsync(sql, Map, ("@after", afterSequence), ("@limit", limit)).ConfigureAwait(false)
                    : await session.QueryAsync(sql, Map, ("@after", afterSequence), ("@prefix", typePrefix), ("@limit", limit)).ConfigureAwait(false);
                if (events.Count == limit && limit > 0)
                    return (events, events[^1].Sequence);

                // Events of other types have been passed over, too: the next read need not look at them again.
                var last = await session.ScalarAsync("SELECT max(sequence) FROM events_event").ConfigureAwait(false);
                return (events, last ?? afterSequence);
            },
            cancellationToken);

    private void Wake() => Interlocked.Exchange(ref _appended, NewSignal()).TrySetResult();

    private async ValueTask WaitAsync(Task signal, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(signal, Task.Delay(PollInterval, clock, stop.Token)).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
