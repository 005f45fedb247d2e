using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace MlOps.Features;

/// <summary>
/// The saved training frames of one environment: blobs first, the row that lists them last. A frame is as visible as the service that it is of, as the
/// catalogue knows it: also one that the host does not declare any more.
/// </summary>
internal sealed class TrainingFrames(EnvironmentContext context, MetadataArea area, TrainingFrames.IJoins joins) : ITrainingFrames
{
    private const string Columns = "name, digest, byte_count, row_count, column_count, service, service_id, spine_digest, options, commits, created_at";

    private readonly CatalogueIndex _catalogue = new(area);

    /// <summary>Joins with the commits that it saw.</summary>
    internal interface IJoins
    {
        ValueTask EnsureReadyAsync(CancellationToken cancellationToken);

        /// <summary>The identity of a service whose values are shared with the caller.</summary>
        string ReadableIdOf(string service);

        ValueTask<(DataFrame Frame, IReadOnlyDictionary<string, long> Commits)> JoinAsync(
            DataFrame spine, string timeColumn, string service, TrainingFrameOptions options, CancellationToken cancellationToken);
    }

    public async ValueTask<TrainingFrameRecord> CreateAsync(
        string name, DataFrame spine, string timeColumn, string service, TrainingFrameOptions? options = null, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.ReadFeatures, $"feature service '{service}'");
        context.Access.Require(EnvironmentPermission.LogRuns, $"the training frame '{name}'");
        CheckName(name);
        ArgumentNullException.ThrowIfNull(spine);
        options ??= new TrainingFrameOptions();
        var (frame, commits) = await joins.JoinAsync(spine, timeColumn, service, options, cancellationToken).ConfigureAwait(false);
        return await StoreAsync(name, frame, service, options, DigestOf(spine), commits, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<TrainingFrameRecord> SaveAsync(
        string name, DataFrame frame, string service, TrainingFrameOptions? options = null, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.ReadFeatures, $"feature service '{service}'");
        context.Access.Require(EnvironmentPermission.LogRuns, $"the training frame '{name}'");
        CheckName(name);
        ArgumentNullException.ThrowIfNull(frame);
        return StoreAsync(name, frame, service, options ?? new TrainingFrameOptions(), null, new Dictionary<string, long>(), cancellationToken);
    }

    public async ValueTask<DataFrame> OpenAsync(string digest, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.ReadFeatures, $"the training frame {digest}");
        ArgumentException.ThrowIfNullOrEmpty(digest);
        var batches = new List<DataFrame>();
        await foreach (var batch in OpenBatchesAsync(digest, cancellationToken).ConfigureAwait(false))
            batches.Add(batch);
        return batches.Count == 1 ? batches[0] : DataFrame.Concat(batches);
    }

    public IAsyncEnumerable<DataFrame> OpenBatchesAsync(string digest, CancellationToken cancellationToken = default)
    {
        // Asked when called, not when the first batch is: an iterator begins late.
        context.Access.Require(EnvironmentPermission.ReadFeatures, $"the training frame {digest}");
        ArgumentException.ThrowIfNullOrEmpty(digest);
        return ReadAsync(digest, cancellationToken);
    }

    private async IAsyncEnumerable<DataFrame> ReadAsync(string digest, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await RequireValuesAsync(digest, cancellationToken).ConfigureAwait(false);
        await foreach (var batch in BatchesAsync(digest, cancellationToken).ConfigureAwait(false))
            yield return batch;
    }

    private async IAsyncEnumerable<DataFrame> BatchesAsync(string digest, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var stream = await context.Artifacts.OpenReadAsync(ArtifactDigest.Parse(digest), cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var reader = new FrameReader(stream, digest);
            var any = false;
            while (reader.Read() is { } batch)
            {
                cancellationToken.ThrowIfCancellationRequested();
                any = true;
                yield return batch;
            }

            if (!any)
                yield return reader.Empty;
        }
    }

    public ValueTask<IReadOnlyList<TrainingFrameRecord>> ListAsync(string? name = null, string? service = null, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.Read, "training frames");
        return QueryAsync(
            $"SELECT {Columns} FROM features_frames WHERE (@name IS NULL OR name = @name) AND (@service IS NULL OR service = @service) ORDER BY created_at DESC, name, digest",
            cancellationToken, ("name", name), ("service", service));
    }

    public ValueTask<IReadOnlyList<TrainingFrameRecord>> FindAsync(string digest, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.Read, $"the training frame {digest}");
        ArgumentException.ThrowIfNullOrEmpty(digest);
        return QueryAsync($"SELECT {Columns} FROM features_frames WHERE digest = @digest ORDER BY created_at, name", cancellationToken, ("digest", digest));
    }

    public async ValueTask<bool> DeleteAsync(string digest, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.Delete, $"the training frame {digest}");
        ArgumentException.ThrowIfNullOrEmpty(digest);
        return (await FindAsync(digest, cancellationToken).ConfigureAwait(false)).Count > 0 && await RemoveAsync(digest, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The frames of services that use a view and hold an entity, whatever is shared with the caller; those that the caller sees.</summary>
    public async ValueTask<IReadOnlyList<TrainingFrameRecord>> FindEntityAsync(string[] views, string[] key, bool isDeleted, CancellationToken cancellationToken)
    {
        var all = await area.ReadAsync(
            async (session, _) => await session.QueryAsync($"SELECT {Columns} FROM features_frames ORDER BY created_at, name", Read).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        var snapshot = await _catalogue.GetAsync(cancellationToken).ConfigureAwait(false);
        var sight = new CallerSight(context.Access);
        var found = new List<TrainingFrameRecord>();
        foreach (var same in all.Where(record => snapshot.ServiceOf(record.ServiceId)?.Notes.Views.Any(part => views.Contains(part.View, StringComparer.Ordinal)) != false).GroupBy(record => record.Digest, StringComparer.Ordinal))
        {
            if (!await HoldsAsync(same.Key, key, cancellationToken).ConfigureAwait(false))
                continue;
            if (isDeleted)
                await RemoveAsync(same.Key, cancellationToken).ConfigureAwait(false);
            found.AddRange(same.Where(record => snapshot.ServiceOf(record.ServiceId) is { } service ? service.For(sight) != FeatureVisibility.None : sight.IsOpen));
        }

        return found;
    }

    private async ValueTask<bool> HoldsAsync(string digest, string[] key, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var batch in BatchesAsync(digest, cancellationToken).ConfigureAwait(false))
            {
                if (KeySearch.IsIn(batch, key))
                    return true;
            }

            return false;
        }
        catch (Exception error) when (error is NotFoundException or CorruptDataException)
        {
            // What cannot be read cannot be looked through: somebody should look at it.
            return true;
        }
    }

    private async ValueTask<bool> RemoveAsync(string digest, CancellationToken cancellationToken) =>
        await area.WriteAsync(
            async (session, _) => await session.ExecuteAsync("DELETE FROM features_frames WHERE digest = @digest", ("digest", digest)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false) > 0;

    private static void CheckName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > 200)
            throw new InvalidInputException($"A training frame's name has {name.Length} characters; 200 are allowed.");
    }

    private static string DigestOf(DataFrame frame)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using (var stream = new CryptoStream(Stream.Null, new HashTransform(hash), CryptoStreamMode.Write))
            frame.Save(stream);
        return ArtifactDigest.FromHash(hash.GetHashAndReset()).ToString();
    }

    private async ValueTask<TrainingFrameRecord> StoreAsync(
        string name, DataFrame frame, string service, TrainingFrameOptions options, string? spine, IReadOnlyDictionary<string, long> commits, CancellationToken cancellationToken)
    {
        var id = joins.ReadableIdOf(service);
        await joins.EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        var blob = await context.Artifacts.PutFrameAsync(frame, cancellationToken).ConfigureAwait(false);
        await area.WriteAsync(
            async (session, _) => await session.ExecuteAsync(
                $"""
                INSERT INTO features_frames ({Columns})
                VALUES (@name, @digest, @bytes, @rows, @columns, @service, @id, @spine, @options, @commits, @now) ON CONFLICT (name, digest) DO NOTHING
                """,
                ("name", name), ("digest", blob.Digest), ("bytes", blob.Size), ("rows", (long)frame.RowCount), ("columns", (long)frame.Columns.Count),
                ("service", service), ("id", id), ("spine", spine), ("options", FrameRecordJson.OptionsText(options)),
                ("commits", FrameRecordJson.CommitsText(commits)), ("now", Timestamp.From(context.Clock.GetUtcNow()))).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        return (await FindAsync(blob.Digest, cancellationToken).ConfigureAwait(false)).First(record => record.Name == name);
    }

    // What is not shared with the caller is not listed.
    private async ValueTask<IReadOnlyList<TrainingFrameRecord>> QueryAsync(
        string sql, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        var sight = new CallerSight(context.Access);
        if (!sight.IsOpen)
            await joins.EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        var records = await area.ReadAsync(async (session, _) => await session.QueryAsync(sql, Read, parameters).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        if (sight.IsOpen || records.Count == 0)
            return records;
        var snapshot = await _catalogue.GetAsync(cancellationToken).ConfigureAwait(false);
        return [.. records.Where(record => snapshot.ServiceOf(record.ServiceId)?.For(sight) is not (null or FeatureVisibility.None))];
    }

    // Equal content is one frame, whatever service it is listed under: who may read it under one may read it.
    private async ValueTask RequireValuesAsync(string digest, CancellationToken cancellationToken)
    {
        var records = await FindAsync(digest, cancellationToken).ConfigureAwait(false);
        if (records.Count == 0)
            throw new NotFoundException($"Environment '{context.Name}' has no training frame {digest}. Frames.ListAsync lists those that there are.");
        var sight = new CallerSight(context.Access);
        if (sight.IsOpen)
            return;
        var snapshot = await _catalogue.GetAsync(cancellationToken).ConfigureAwait(false);
        if (!records.Any(record => snapshot.ServiceOf(record.ServiceId)?.For(sight) == FeatureVisibility.Values))
            throw new AccessDeniedException(
                $"'{context.Caller.Name}' may not read the training frame {digest} in environment '{context.Name}': only metadata of some features of service '{records[0].Service}' are shared with you. Ask an administrator or their owner to share more.");
    }

    private static TrainingFrameRecord Read(DbDataReader row) => new()
    {
        Name = row.GetString(0),
        Digest = row.GetString(1),
        Size = row.GetInt64(2),
        Rows = row.GetInt64(3),
        Columns = (int)row.GetInt64(4),
        Service = row.GetString(5),
        ServiceId = row.GetString(6),
        SpineDigest = row.IsDBNull(7) ? null : row.GetString(7),
        Options = FrameRecordJson.Options(row.GetString(8)),
        Commits = FrameRecordJson.Commits(row.GetString(9)),
        CreatedAt = new Timestamp(row.GetInt64(10)),
    };

    private sealed class HashTransform(IncrementalHash hash) : ICryptoTransform
    {
        public bool CanReuseTransform => false;

        public bool CanTransformMultipleBlocks => true;

        public int InputBlockSize => 1;

        public int OutputBlockSize => 1;

        public int TransformBlock(byte[] inputBuffer, int inputOffset, int inputCount, byte[] outputBuffer, int outputOffset)
        {
            hash.AppendData(inputBuffer, inputOffset, inputCount);
            return 0;
        }

        public byte[] TransformFinalBlock(byte[] inputBuffer, int inputOffset, int inputCount)
        {
            hash.AppendData(inputBuffer, inputOffset, inputCount);
            return [];
        }

        public void Dispose()
        {
        }
    }
}
