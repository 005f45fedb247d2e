using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace MlOps.Features;

/// <summary>The saved training frames of one environment: blobs first, the row that lists them last.</summary>
internal sealed class TrainingFrames(EnvironmentContext context, MetadataArea area, TrainingFrames.IJoins joins) : ITrainingFrames
{
    private const string Columns = "name, digest, byte_count, row_count, column_count, service, service_id, spine_digest, options, commits, created_at";

    /// <summary>Joins with the commits that it saw.</summary>
    internal interface IJoins
    {
        string IdOf(string service);

        ValueTask<(DataFrame Frame, IReadOnlyDictionary<string, long> Commits)> JoinAsync(
            DataFrame spine, string timeColumn, string service, TrainingFrameOptions options, CancellationToken cancellationToken);
    }

    public async ValueTask<TrainingFrameRecord> CreateAsync(
        string name, DataFrame spine, string timeColumn, string service, TrainingFrameOptions? options = null, CancellationToken cancellationToken = default)
    {
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
        context.Access.Require(EnvironmentPermission.LogRuns, $"the training frame '{name}'");
        CheckName(name);
        ArgumentNullException.ThrowIfNull(frame);
        return StoreAsync(name, frame, service, options ?? new TrainingFrameOptions(), null, new Dictionary<string, long>(), cancellationToken);
    }

    public async ValueTask<DataFrame> OpenAsync(string digest, CancellationToken cancellationToken = default)
    {
        var batches = new List<DataFrame>();
        await foreach (var batch in OpenBatchesAsync(digest, cancellationToken).ConfigureAwait(false))
            batches.Add(batch);
        return batches.Count == 1 ? batches[0] : DataFrame.Concat(batches);
    }

    public async IAsyncEnumerable<DataFrame> OpenBatchesAsync(string digest, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.ReadArtifacts, $"the training frame {digest}");
        var records = await FindAsync(digest, cancellationToken).ConfigureAwait(false);
        if (records.Count == 0)
            throw new NotFoundException($"Environment '{context.Name}' has no training frame {digest}. Frames.ListAsync lists those that there are.");
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
        return await area.WriteAsync(
            async (session, _) => await session.ExecuteAsync("DELETE FROM features_frames WHERE digest = @digest", ("digest", digest)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false) > 0;
    }

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
        var id = joins.IdOf(service);
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

    private async ValueTask<IReadOnlyList<TrainingFrameRecord>> QueryAsync(
        string sql, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters) =>
        await area.ReadAsync(async (session, _) => await session.QueryAsync(sql, Read, parameters).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

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
