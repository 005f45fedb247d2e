using Microsoft.Extensions.Logging;

namespace MlOps.Features;

/// <summary>Logs served vectors, recomputes them from history, and says what differs and why.</summary>
internal sealed partial class SkewAudit : ISkewAudit, IDisposable
{
    private readonly ISkewStore _store;
    private readonly SkewAuditOptions _options;
    private readonly SkewLog _log;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SkewTap> _taps = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SkewAuditReport> _reports = new(StringComparer.Ordinal);

    public SkewAudit(ISkewStore store, SkewAuditOptions options)
    {
        Check(options);
        _store = store;
        _options = options;
        _logger = store.Context.LoggerFactory.CreateLogger("MlOps.Features");
        _log = new SkewLog(store.Context.Files, Path.Combine(store.Context.Directory, "features", "skew"), options, store.Context.Clock, _logger);
    }

    /// <inheritdoc />
    public SkewLogStatus Status
    {
        get
        {
            lock (_gate)
                return new SkewLogStatus(_options.IsEnabled, _taps.Values.Sum(tap => tap.Logged), _log.Written, _taps.Values.Sum(tap => tap.Dropped), _log.Failed);
        }
    }

    /// <inheritdoc />
    public IReadOnlyDictionary<string, SkewAuditReport> LastReports
    {
        get
        {
            lock (_gate)
                return new Dictionary<string, SkewAuditReport>(_reports, StringComparer.Ordinal);
        }
    }

    /// <inheritdoc />
    public IFeatureVectorSource Watch(string service, IFeatureVectorSource source) => Watch(service, source, isInner: false);

    /// <summary>Watches a source; the store's own ones are inner, since the host may put others around them.</summary>
    public IFeatureVectorSource Watch(string service, IFeatureVectorSource source, bool isInner)
    {
        ArgumentNullException.ThrowIfNull(source);
        var bound = _store.Bound(service);
        if (!_options.IsEnabled || _options.SampleRate <= 0)
            return source;
        if (!source.KeyNames.SequenceEqual(bound.KeyNames, StringComparer.Ordinal) || !source.FeatureNames.SequenceEqual(bound.FeatureNames, StringComparer.Ordinal))
            throw new InvalidInputException(
                $"The source '{source.Id}' cannot be watched as service '{service}': its keys ({string.Join(", ", source.KeyNames)}) or its {source.FeatureNames.Count} features are not those of the service, {bound.FeatureNames.Count} features by {string.Join(", ", bound.KeyNames)}. Hand through the names of the store's source.");
        SkewTap tap;
        lock (_gate)
        {
            if (!_taps.TryGetValue(service, out tap!))
            {
                string[] views = [.. bound.Views.Select(part => part.View.Name).Distinct(StringComparer.Ordinal)];
                var schema = new ServedSchema(service, bound.Id, [.. bound.KeyNames], [.. bound.FeatureNames], views);
                _taps.Add(service, tap = new SkewTap(schema, _log, _options, _store.MarksOf, _store.Context.Clock));
            }

            tap.HasOuter |= !isInner;
        }

        return new WatchedVectorSource(source, tap, isInner);
    }

    /// <inheritdoc />
    public ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var tap in Taps())
            tap.Flush();
        return default;
    }

    /// <inheritdoc />
    public ValueTask<int> EraseAsync(string view, IReadOnlyList<string> key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(key);
        _store.Context.Access.Require(EnvironmentPermission.Delete, $"logged vectors of feature view '{view}'");
        foreach (var tap in Taps())
            tap.Flush();
        var erased = 0;
        foreach (var service in _store.Services)
        {
            var parts = _store.Bound(service.Name).Views.Where(part => part.View.Name == view && part.KeyColumns.Length == key.Count).ToArray();
            if (parts.Length > 0)
                erased += _log.Erase(service.Name, vector => parts.Any(part => IsOf(vector, part.KeyColumns, key)), cancellationToken);
        }

        return new ValueTask<int>(erased);
    }

    public void Dispose()
    {
        foreach (var tap in Taps())
            tap.Dispose();
    }

    private static bool IsOf(ServedVector vector, string[] columns, IReadOnlyList<string> key)
    {
        for (var p = 0; p < columns.Length; p++)
        {
            var at = Array.IndexOf(vector.Schema.Keys, columns[p]);
            if (at < 0 || vector.Keys[at] != key[p])
                return false;
        }

        return true;
    }

    private static void Check(SkewAuditOptions options)
    {
        var mistakes = new List<string>();
        if (options.SampleRate is not (>= 0 and <= 1))
            mistakes.Add($"SampleRate is {options.SampleRate}: choose 0 to 1");
        if (options.BufferedVectors is < 1 or > 1 << 20)
            mistakes.Add($"BufferedVectors is {options.BufferedVectors}: choose 1 to 1,048,576");
        if (options.FlushEvery <= TimeSpan.Zero || options.FileAge <= TimeSpan.Zero || options.Retention <= TimeSpan.Zero || options.Window <= TimeSpan.Zero)
            mistakes.Add("FlushEvery, FileAge, Retention and Window must be positive");
        if (options.Interval is { } interval && interval <= TimeSpan.Zero)
            mistakes.Add($"Interval is {interval}: choose a positive duration, or null for never");
        if (options.FileBytes < 1 || options.LogBytes < options.FileBytes)
            mistakes.Add($"FileBytes is {options.FileBytes} and LogBytes {options.LogBytes}: a log holds at least one file");
        if (options.VectorsPerAudit < 1)
            mistakes.Add($"VectorsPerAudit is {options.VectorsPerAudit}: choose at least 1");
        if (mistakes.Count > 0)
            throw new InvalidDefinitionException($"FeatureStoreOptions.SkewAudit: {string.Join("; ", mistakes)}.");
    }

    private SkewTap[] Taps()
    {
        lock (_gate)
            return [.. _taps.Values];
    }
}
