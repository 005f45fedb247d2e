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
            _store.Context.Access.Require(EnvironmentPermission.Read, "the log of served vectors");
            lock (_gate)
                return new SkewLogStatus(_options.IsEnabled, _taps.Values.Sum(tap => tap.Logged), _log.Written, _taps.Values.Sum(tap => tap.Dropped), _log.Failed);
        }
    }

    /// <inheritdoc />
    public IReadOnlyDictionary<string, SkewAuditReport> LastReports
    {
        get
        {
            // They show values.
            _store.Context.Access.Require(EnvironmentPermission.ReadFeatures, "skew reports");
            KeyValuePair<string, SkewAuditReport>[] reports;
            lock (_gate)
                reports = [.. _reports];
            return new Dictionary<string, SkewAuditReport>(reports.Where(report => _store.SeesValues(report.Key)), StringComparer.Ordinal);
        }
    }

    /// <inheritdoc />
    public IFeatureVectorSource Watch(string service, IFeatureVectorSource source)
    {
        _store.Context.Access.Require(EnvironmentPermission.ReadFeatures, $"feature service '{service}'");
        return Watch(service, source, isInner: false);
    }

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
        _store.Context.Access.Require(EnvironmentPermission.ManageFeatures, "the log of served vectors");
        cancellationToken.ThrowIfCancellationRequested();
        Flush();
        return default;
    }

    /// <inheritdoc />
    public ValueTask<int> EraseAsync(string view, IReadOnlyList<string> key, CancellationToken cancellationToken = default)
    {
        _store.Context.Access.Require(EnvironmentPermission.ManageFeatures, $"logged vectors of feature view '{view}'");
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(key);
        _store.RequireWhole(view);
        return new ValueTask<int>(Erase(view, key, cancellationToken));
    }

    /// <summary>Erases for a caller who was asked: from the logs of all services, whether the caller sees them or not.</summary>
    public int Erase(string view, IReadOnlyList<string> key, CancellationToken cancellationToken)
    {
        Flush();
        var erased = 0;
        var services = _store.AllServices.ToDictionary(service => service.Service.Name, StringComparer.Ordinal);
        // Also those that the host does not declare any more.
        foreach (var name in _log.Services().Union(services.Keys, StringComparer.Ordinal))
        {
            if (!services.TryGetValue(name, out var service))
            {
                erased += _log.Erase(name, vector => vector.Schema.Views.Contains(view, StringComparer.Ordinal) && key.All(part => vector.Keys.Contains(part, StringComparer.Ordinal)), cancellationToken);
                continue;
            }

            var parts = service.Views.Where(part => part.View.Name == view && part.KeyColumns.Length == key.Count).ToArray();
            if (parts.Length == 0)
                continue;
            erased += _log.Erase(name, vector => parts.Any(part => IsOf(vector, part.KeyColumns, key)), cancellationToken);
            lock (_gate)
                _reports.Remove(name);
        }

        return erased;
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

    private void Flush()
    {
        foreach (var tap in Taps())
            tap.Flush();
    }

    private SkewTap[] Taps()
    {
        lock (_gate)
            return [.. _taps.Values];
    }
}
