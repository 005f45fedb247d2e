using Microsoft.Extensions.Logging;

namespace MlOps.Features;

/// <summary>
/// A view's history. An intent row names a segment's file before the file is made, and one transaction makes it visible, so that a file
/// without a visible row is either under way or was left behind by a crash.
/// </summary>
internal sealed partial class OfflineView
{
    private readonly EnvironmentContext _context;
    private readonly MetadataArea _area;
    private readonly FeatureStoreOptions _options;
    private readonly ILogger _logger;
    private readonly string _directory;
    private readonly string _id;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private List<LoadedSegment> _segments = [];

    public OfflineView(EnvironmentContext context, MetadataArea area, string directory, ViewPlan plan, FeatureStoreOptions options)
    {
        _context = context;
        _area = area;
        _directory = directory;
        _options = options;
        Plan = plan;
        _id = $"{plan.View.Name}.v{plan.View.Version}";
        _logger = context.LoggerFactory.CreateLogger("MlOps.Features");
    }

    public ViewPlan Plan { get; }

    private Timestamp Now => Timestamp.From(_context.Clock.GetUtcNow());

    /// <summary>The segments that the manifest names now, held open.</summary>
    public ValueTask<OfflineSnapshot> OpenAsync(CancellationToken cancellationToken) => OpenAsync(null, cancellationToken);

    /// <summary>The segments as they stood at a moment, held open; as they stand when null.</summary>
    public async ValueTask<OfflineSnapshot> OpenAsync(Timestamp? asOf, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (var attempt = 0; ; attempt++)
            {
                var manifest = await ManifestAsync(asOf, cancellationToken).ConfigureAwait(false);
                try
                {
                    Load(manifest.Rows);
                }
                catch (CorruptDataException) when (attempt < 3)
                {
                    // Another process may have merged segments between the two reads.
                    if (!await IsOutdatedAsync(manifest, cancellationToken).ConfigureAwait(false))
                        throw;
                    continue;
                }

                var held = _segments.Where(segment => segment.Reader.TryLease()).ToArray();
                return new OfflineSnapshot(Plan, held) { MaxCommit = manifest.Commit, MinEvent = FirstRetained(asOf is { } moment && moment < Now ? moment : Now), Erasures = manifest.Erasures };
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Removes what a crash left behind: intents older than the orphan age with their files, and files that no row names.</summary>
    public async ValueTask SweepAsync(CancellationToken cancellationToken)
    {
        _context.Files.CreateDirectory(_directory);
        // Files first: a file seen here whose row is written later cannot exist, since the row comes first.
        var files = _context.Files.ListFiles(_directory);
        var before = Now - _options.OrphanAge;
        await _area.WriteAsync(
            async (session, _) => await session.ExecuteAsync(
                "DELETE FROM features_segments WHERE view_id = @view AND state = 0 AND created_at < @before", ("view", _id), ("before", before)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        var named = await _area.ReadAsync(
            async (session, _) => await session.QueryAsync("SELECT file FROM features_segments WHERE view_id = @view", row => row.GetString(0), ("view", _id)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        var known = named.ToHashSet(StringComparer.Ordinal);
        foreach (var path in files)
        {
            var name = Path.GetFileName(path);
            if (known.Contains(name.EndsWith(".tmp", StringComparison.Ordinal) ? name[..^4] : name))
                continue;
            _context.Files.Delete(path);
            LogSwept(_logger, path);
        }
    }

    public async ValueTask<(long Rows, int Segments, long First, long Last)> CountAsync(CancellationToken cancellationToken)
    {
        var rows = await _area.ReadAsync(
            async (session, _) => await session.QueryAsync(
                "SELECT row_count, first_event, last_event FROM features_segments WHERE view_id = @view AND state = 1",
                row => (Rows: row.GetInt64(0), First: row.GetInt64(1), Last: row.GetInt64(2)), ("view", _id)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        return rows.Count == 0 ? default : (rows.Sum(row => row.Rows), rows.Count, rows.Min(row => row.First), rows.Max(row => row.Last));
    }

    /// <summary>Stops what runs in the background and lets go of the segments.</summary>
    public void Close()
    {
        StopCompacting();
        foreach (var segment in _segments)
            segment.Reader.Release();
        _segments = [];
    }

    // Rows that happened before are hidden at once and dropped by a later merge.
    private long FirstRetained(Timestamp at) => Plan.View.Retention is { } kept ? (at - kept).Microseconds : long.MinValue;

    private string PathOf(string file) => Path.Combine(_directory, file);

    private ValueTask<Manifest> ManifestAsync(Timestamp? asOf, CancellationToken cancellationToken) =>
        _area.ReadAsync(
            async (session, _) =>
            {
                var rows = await session.QueryAsync(
                    "SELECT id, file, commit_number, row_count, last_event FROM features_segments WHERE view_id = @view AND state = 1 ORDER BY commit_number",
                    row => new ManifestRow(row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4)), ("view", _id)).ConfigureAwait(false);
                var commit = asOf is { } moment ? await CommitAsOfAsync(session, moment).ConfigureAwait(false) : long.MaxValue;
                return new Manifest(rows, commit, await ErasuresAsync(session).ConfigureAwait(false));
            },
            cancellationToken);

    private async ValueTask<bool> IsOutdatedAsync(Manifest manifest, CancellationToken cancellationToken)
    {
        var now = await ManifestAsync(null, cancellationToken).ConfigureAwait(false);
        return !now.Rows.Select(row => row.Id).SequenceEqual(manifest.Rows.Select(row => row.Id));
    }

    private void Load(List<ManifestRow> manifest)
    {
        var open = _segments.ToDictionary(segment => segment.Id);
        var next = new List<LoadedSegment>(manifest.Count);
        var opened = new List<LoadedSegment>();
        try
        {
            foreach (var row in manifest)
            {
                if (!open.Remove(row.Id, out var segment))
                {
                    segment = new LoadedSegment(row.Id, row.Commit, SegmentReader.Open(_context.Files, PathOf(row.File), Plan));
                    opened.Add(segment);
                }

                next.Add(segment);
            }
        }
        catch
        {
            opened.ForEach(static segment => segment.Reader.Release());
            throw;
        }

        foreach (var gone in open.Values)
            gone.Reader.Release();
        _segments = next;
    }

    private readonly record struct ManifestRow(long Id, string File, long Commit, long Rows, long LastEvent);

    private sealed record Manifest(List<ManifestRow> Rows, long Commit, Erasures Erasures);
}
