using System.Globalization;

namespace MlOps.Features;

/// <summary>
/// A stream of rows within the process: written here, read by stream jobs. Every row is a record with an offset of its own. In memory it is
/// bounded, and writers wait for the job; with a log, a write returns when its rows are durable, and jobs can replay. Thread-safe.
/// </summary>
public sealed class FeatureChannel : IFeatureStreamSource, IDisposable
{
    private readonly IChannelPartition[] _partitions;

    private FeatureChannel(string name, IChannelPartition[] partitions)
    {
        Name = name;
        _partitions = partitions;
    }

    /// <inheritdoc />
    public string Name { get; }

    /// <summary>Makes a channel; with a log, reads where it ends.</summary>
    /// <param name="name">The stream's name: jobs keep their offsets under it.</param>
    /// <param name="options">How; in memory with one partition when left out.</param>
    /// <returns>The channel.</returns>
    /// <exception cref="CorruptDataException">The log is damaged before its end.</exception>
    public static FeatureChannel Open(string name, FeatureChannelOptions? options = null)
    {
        DefinitionText.CheckName("stream", name);
        options ??= new FeatureChannelOptions();
        if (options.Partitions is < 1 or > 1024 || options.Capacity < 1 || options.SegmentBytes < 1)
            throw new InvalidDefinitionException($"Stream '{name}' has {options.Partitions} partitions, room for {options.Capacity} rows and files of {options.SegmentBytes} bytes: choose 1 to 1,024 partitions and positive sizes.");
        var partitions = new List<IChannelPartition>();
        try
        {
            for (var p = 0; p < options.Partitions; p++)
            {
                partitions.Add(options.LogFolder is { } folder
                    ? new LoggedPartition(StreamLog.Open(options, Path.Combine(Path.GetFullPath(folder), $"{name}-{p.ToString(CultureInfo.InvariantCulture)}")))
                    : new MemoryPartition(options.Capacity));
            }
        }
        catch
        {
            partitions.ForEach(partition => partition.Dispose());
            throw;
        }

        return new FeatureChannel(name, [.. partitions]);
    }

    /// <summary>Appends rows to one partition.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="partition">The partition's number.</param>
    /// <param name="cancellationToken">Cancels the wait for room.</param>
    /// <returns>The offset of the last row, when it is in memory, or durable where there is a log.</returns>
    public ValueTask<long> WriteAsync(DataFrame rows, int partition = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)partition, (uint)_partitions.Length);
        return _partitions[partition].WriteAsync(rows, cancellationToken);
    }

    /// <summary>Appends rows, those of one entity of a view always to the same partition.</summary>
    /// <param name="view">The view whose keys spread them.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="cancellationToken">Cancels the wait for room.</param>
    /// <returns>A task that ends when all are in.</returns>
    public async ValueTask WriteAsync(FeatureView view, DataFrame rows, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(rows);
        if (_partitions.Length == 1)
        {
            await WriteAsync(rows, 0, cancellationToken).ConfigureAwait(false);
            return;
        }

        var keys = KeyCodes.Combine([.. view.Keys.Select(key => KeyCodes.OfColumn(rows[key.Column], $"Stream '{Name}'"))]);
        var homes = new int[keys.Count];
        for (var code = 0; code < homes.Length; code++)
            homes[code] = (int)(HashOf(keys, code) % (uint)_partitions.Length);
        var parts = new List<int>?[_partitions.Length];
        for (var row = 0; row < rows.RowCount; row++)
        {
            // A row without a key has no home; the job sets it aside.
            var home = keys.Rows[row] < 0 ? 0 : homes[keys.Rows[row]];
            (parts[home] ??= []).Add(row);
        }

        await Task.WhenAll(parts.Select((part, p) => part is null
            ? Task.CompletedTask
            : _partitions[p].WriteAsync(rows.Take([.. part]), cancellationToken).AsTask())).ConfigureAwait(false);
    }

    /// <summary>Appends typed rows, those of one entity always to the same partition.</summary>
    /// <typeparam name="TRow">The row.</typeparam>
    /// <param name="view">The view whose keys spread them.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="cancellationToken">Cancels the wait for room.</param>
    /// <returns>A task that ends when all are in.</returns>
    public ValueTask WriteAsync<TRow>(FeatureView<TRow> view, IReadOnlyList<TRow> rows, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(view);
        return WriteAsync(view, view.ToFrame(rows), cancellationToken);
    }

    /// <summary>Says that nothing more will come: jobs end when they have taken everything. With a log, it can be opened and written again.</summary>
    public void Complete()
    {
        foreach (var partition in _partitions)
            partition.Complete();
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<string>> GetPartitionsAsync(CancellationToken cancellationToken = default) =>
        new([.. Enumerable.Range(0, _partitions.Length).Select(p => p.ToString(CultureInfo.InvariantCulture))]);

    /// <inheritdoc />
    public ValueTask<StreamRange> GetRangeAsync(string partition, CancellationToken cancellationToken = default) => new(Find(partition).Range);

    /// <inheritdoc />
    public IAsyncEnumerable<StreamRecords> ReadAsync(string partition, long after, CancellationToken cancellationToken = default) =>
        Find(partition).ReadAsync(after, cancellationToken);

    /// <inheritdoc />
    public ValueTask CheckpointedAsync(string partition, long offset, CancellationToken cancellationToken = default)
    {
        Find(partition).Checkpointed(offset);
        return default;
    }

    /// <summary>Completes the stream and closes its log.</summary>
    public void Dispose()
    {
        Complete();
        foreach (var partition in _partitions)
            partition.Dispose();
    }

    // FNV-1a: the same in every process, unlike the runtime's hash of texts.
    private static uint HashOf(KeyCodes keys, int code)
    {
        var hash = 2166136261u;
        foreach (var part in keys.Parts)
        {
            foreach (var letter in part[code])
                hash = (hash ^ letter) * 16777619;
            hash = (hash ^ 0xFFFF) * 16777619;
        }

        return hash ^ (hash >> 15);
    }

    private IChannelPartition Find(string partition) =>
        int.TryParse(partition, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < _partitions.Length
            ? _partitions[number]
            : throw new NotFoundException($"Stream '{Name}' has no partition '{partition}'; they are 0 to {_partitions.Length - 1}.");
}
