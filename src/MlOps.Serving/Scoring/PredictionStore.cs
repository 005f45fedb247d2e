using System.Runtime.InteropServices;
using System.Text.Json;

namespace MlOps.Serving;

/// <summary>
/// The stored predictions of one environment. A run writes a set of its own, which look-ups see when it is complete; the set before is
/// kept for going back, older ones are removed.
/// </summary>
internal sealed class PredictionStore(EnvironmentContext context)
{
    private readonly MetadataArea _area = new(context.Metadata, ServingSchema.Schema);

    public ValueTask<PredictionSet?> FindSetAsync(string job, string run, CancellationToken cancellationToken) =>
        _area.ReadAsync((session, _) => ReadSetAsync(session, job, run), cancellationToken);

    public ValueTask<PredictionSet> BeginAsync(string job, string run, ModelVersionRef version, int outputs, CancellationToken cancellationToken) =>
        _area.WriteAsync(
            async (session, _) =>
            {
                await session.ExecuteAsync(
                    "INSERT INTO serving_prediction_sets (job, run, version, outputs, rows_done) VALUES (@job, @run, @version, @outputs, 0) ON CONFLICT (job, run) DO NOTHING",
                    ("job", job), ("run", run), ("version", version.ToString()), ("outputs", outputs)).ConfigureAwait(false);
                return (await ReadSetAsync(session, job, run).ConfigureAwait(false))!;
            },
            cancellationToken);

    /// <summary>Adds rows and moves the mark of the run; refused when another process moved it meanwhile.</summary>
    public ValueTask<PredictionSet> AppendAsync(
        PredictionSet set, IReadOnlyList<(string Key, byte[] Scores)> rows, long rowsDone, string lastKey, CancellationToken cancellationToken) =>
        _area.WriteAsync(
            async (session, _) =>
            {
                var moved = await session.ExecuteAsync(
                    "UPDATE serving_prediction_sets SET rows_done = @done, last_key = @last WHERE id = @id AND rows_done = @before",
                    ("done", rowsDone), ("last", lastKey), ("id", set.Id), ("before", set.RowsDone)).ConfigureAwait(false);
                if (moved == 0)
                    throw new ConcurrencyConflictException($"Run '{set.Run}' of scoring job '{set.Job}' is being written by another process too.");
                var now = Timestamp.From(context.Clock.GetUtcNow());
                foreach (var (key, scores) in rows)
                {
                    await session.ExecuteAsync(
                        """
                        INSERT INTO serving_predictions (set_id, key, scores, scored_at) VALUES (@set, @key, @scores, @at)
                        ON CONFLICT (set_id, key) DO UPDATE SET scores = excluded.scores, scored_at = excluded.scored_at
                        """,
                        ("set", set.Id), ("key", key), ("scores", scores), ("at", now)).ConfigureAwait(false);
                }

                return set with { RowsDone = rowsDone, LastKey = lastKey };
            },
            cancellationToken);

    public ValueTask<PredictionSet> CompleteAsync(PredictionSet set, CancellationToken cancellationToken) =>
        _area.WriteAsync(
            async (session, _) =>
            {
                var now = Timestamp.From(context.Clock.GetUtcNow());
                var ended = await session.ExecuteAsync(
                    "UPDATE serving_prediction_sets SET completed_at = @at WHERE id = @id AND completed_at IS NULL", ("at", now), ("id", set.Id)).ConfigureAwait(false);
                if (ended > 0)
                    await context.Events.AppendAsync(session, "serving.scoring.completed", set.Job, $$"""{"run":"{{JsonEncodedText.Encode(set.Run)}}","version":"{{set.Version}}","rows":{{set.RowsDone}}}""").ConfigureAwait(false);
                const string old = "SELECT id FROM serving_prediction_sets WHERE job = @job AND completed_at IS NOT NULL ORDER BY id DESC LIMIT 1000000 OFFSET 2";
                await session.ExecuteAsync($"DELETE FROM serving_predictions WHERE set_id IN ({old})", ("job", set.Job)).ConfigureAwait(false);
                return set with { CompletedAt = now };
            },
            cancellationToken);

    public ValueTask<StoredPrediction?> FindAsync(string job, string key, CancellationToken cancellationToken) =>
        _area.ReadAsync(
            (session, _) => session.FirstOrDefaultAsync(
                """
                SELECT p.scores, p.scored_at, s.version FROM serving_prediction_sets s JOIN serving_predictions p ON p.set_id = s.id
                WHERE s.id = (SELECT MAX(id) FROM serving_prediction_sets WHERE job = @job AND completed_at IS NOT NULL) AND p.key = @key
                """,
                reader => new StoredPrediction(
                    key, MemoryMarshal.Cast<byte, float>(reader.GetFieldValue<byte[]>(0)).ToArray(), PredictionSource.Stored,
                    ModelVersionRef.Parse(reader.GetString(2)), reader.GetTimestamp(1)),
                ("job", job), ("key", key)),
            cancellationToken);

    public ValueTask<IReadOnlyDictionary<string, StoredPrediction>> FindManyAsync(string job, IReadOnlyCollection<string> keys, CancellationToken cancellationToken) =>
        _area.ReadAsync<IReadOnlyDictionary<string, StoredPrediction>>(
            async (session, _) =>
            {
                var found = new Dictionary<string, StoredPrediction>(StringComparer.Ordinal);
                var set = await session.FirstOrDefaultAsync(
                    "SELECT id, version FROM serving_prediction_sets WHERE job = @job AND completed_at IS NOT NULL ORDER BY id DESC LIMIT 1",
                    static reader => new CompleteSet(reader.GetInt64(0), ModelVersionRef.Parse(reader.GetString(1))), ("job", job)).ConfigureAwait(false);
                if (set is null)
                    return found;
                foreach (var key in keys)
                {
                    var stored = await session.FirstOrDefaultAsync(
                        "SELECT scores, scored_at FROM serving_predictions WHERE set_id = @set AND key = @key",
                        reader => new StoredPrediction(
                            key, MemoryMarshal.Cast<byte, float>(reader.GetFieldValue<byte[]>(0)).ToArray(), PredictionSource.Stored, set.Version, reader.GetTimestamp(1)),
                        ("set", set.Id), ("key", key)).ConfigureAwait(false);
                    if (stored is not null)
                        found[key] = stored;
                }

                return found;
            },
            cancellationToken);

    private static ValueTask<PredictionSet?> ReadSetAsync(IMetadataSession session, string job, string run) =>
        session.FirstOrDefaultAsync(
            "SELECT id, version, outputs, rows_done, last_key, completed_at FROM serving_prediction_sets WHERE job = @job AND run = @run",
            reader => new PredictionSet(
                reader.GetInt64(0), job, run, ModelVersionRef.Parse(reader.GetString(1)), (int)reader.GetInt64(2), reader.GetInt64(3),
                reader.GetStringOrNull(4), reader.IsDBNull(5) ? null : reader.GetTimestamp(5)),
            ("job", job), ("run", run));
}

/// <summary>A complete set, for look-ups.</summary>
internal sealed record CompleteSet(long Id, ModelVersionRef Version);

/// <summary>A run's set of predictions as stored.</summary>
internal sealed record PredictionSet(
    long Id, string Job, string Run, ModelVersionRef Version, int Outputs, long RowsDone, string? LastKey, Timestamp? CompletedAt);
