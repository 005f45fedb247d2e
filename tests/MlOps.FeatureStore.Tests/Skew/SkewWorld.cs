using MlOps.Testing;

namespace MlOps.Features.Tests;

/// <summary>
/// Two days of rows of two views, and requests on the second day by a service that uses one view in two roles. Rows are pushed when they become known,
/// requests answered and logged as time goes by, and everything is ingested offline in the end, as a nightly batch would.
/// </summary>
internal sealed class SkewWorld : IAsyncDisposable
{
    public const string Service = "trips";
    // Longer runs draw other worlds.
    private static readonly int Seed = int.TryParse(System.Environment.GetEnvironmentVariable("MLOPS_SKEW_SEED"), out var seed) ? seed : 1;
    private const int Airports = 24;
    private const int Carriers = 6;
    private static readonly Timestamp Start = Timestamp.Utc(2001, 3, 1);
    private readonly TestEnvironment _environment;
    private readonly FeatureStore _store;
    private readonly FeatureStore _server;
    private readonly SkewFault _fault;
    private readonly Random _random;
    private readonly Dictionary<string, List<SkewRow>> _rows;

    public SkewWorld(SkewFault? fault = null, int? seed = null, FeatureStoreOptions? options = null)
    {
        _fault = fault ?? new SkewFault();
        _random = new Random(seed ?? Seed);
        _environment = new TestEnvironment(clock: new FakeClock(Start.ToDateTimeOffset()), files: new HastyFiles());
        options ??= new FeatureStoreOptions { ReadLag = TimeSpan.FromDays(4), SkewAudit = { IsEnabled = true, SampleRate = 1, BufferedVectors = 4096 } };
        _store = new FeatureStore(_environment.Context, Views(), [ServiceOf()], options);
        _server = _fault.ServerViews is { } views ? new FeatureStore(_environment.Context, views, [ServiceOf()], options) : _store;
        _rows = new() { ["airport"] = Rows(Airports, "A", 6), ["carrier"] = Rows(Carriers, "C", 4) };
    }

    public FeatureStore Store => _store;

    public TestEnvironment Environment => _environment;

    public static Timestamp From => Start + TimeSpan.FromDays(1);

    public static Timestamp To => Start + TimeSpan.FromDays(2);

    public static FeatureView[] Views(int version = 1, TimeSpan? ttl = null, params FeatureWindow[] windows) =>
    [
        FeatureView.Define("airport").Version(version).Key("airport", "key").EventTime("at").AvailableAt("known")
            .Windows(windows.Length > 0 ? windows : [FeatureWindow.Hours(1), FeatureWindow.Hours(6), FeatureWindow.Hours(24)])
            .Aggregate("delay", [AggregateFunction.Count, AggregateFunction.Sum, AggregateFunction.Mean], scale: 1000)
            .Aggregate("amount", [AggregateFunction.Sum, AggregateFunction.Mean], scale: 1000)
            .LastValue("level", ttl ?? TimeSpan.FromMinutes(90)).LastValue("price").Build(),
        FeatureView.Define("carrier").Version(version).Key("carrier", "key").EventTime("at").AvailableAt("known")
            .Windows(FeatureWindow.Hours(6)).Aggregate("delay", [AggregateFunction.Count, AggregateFunction.Mean], scale: 1000)
            .LastValue("price").Build(),
    ];

    public static FeatureService ServiceOf() => FeatureService.Define(Service)
        .View("airport", keys: new Dictionary<string, string> { ["airport"] = "origin" }, alias: "origin")
        .View("airport", keys: new Dictionary<string, string> { ["airport"] = "destination" }, alias: "destination")
        .View("carrier").Build();

    /// <summary>Lives through the second day with so many requests; the offline store is complete afterwards.</summary>
    public async Task<SkewWorld> LiveAsync(int requests = 1000, bool ingest = true)
    {
        // The server's own source is watched already; what the fault puts around it is what the model sees.
        var between = _fault.Between(await _server.GetVectorSourceAsync(Service));
        var server = between.FeatureNames.SequenceEqual(_server.FeatureNamesOf(Service)) ? _server : _store;
        var answer = server.Skew.Watch(Service, between);
        var pending = _rows.SelectMany(pair => pair.Value.Select(row => (View: pair.Key, Row: row, At: _fault.PushedAt(pair.Key, row)))).OrderBy(push => push.At).ToArray();
        var next = 0;
        var offset = 0L;
        string[][] combinations = [.. Enumerable.Range(0, _fault.Combinations ?? 0).Select(_ => Keys())];
        var vector = new float[answer.FeatureNames.Count];
        var moments = Enumerable.Range(0, requests).Select(_ => new Timestamp(From.Microseconds + _random.NextInt64((To - From).Ticks / 10))).Order().ToArray();
        foreach (var moment in moments)
        {
            _environment.Clock.Advance(moment - Timestamp.From(_environment.Clock.GetUtcNow()));
            var due = pending.Skip(next).TakeWhile(push => push.At <= moment).ToArray();
            next += due.Length;
            foreach (var group in due.GroupBy(push => push.View))
            {
                await PushAsync(group.Key, [.. group.SelectMany(push => _fault.Online(group.Key, push.Row))], "feed", offset++);
                await PushAsync(group.Key, [.. group.Where(push => _fault.Again(group.Key, push.Row)).SelectMany(push => _fault.Online(group.Key, push.Row))], "feed again", offset++);
            }

            var keys = combinations.Length > 0 ? combinations[_random.Next(combinations.Length)] : Keys();
            await answer.ReadAsync(keys, moment, vector);
        }

        // Another store may audit what this one logged.
        await server.Skew.FlushAsync();
        if (ingest)
            await IngestAsync();
        return this;
    }

    public async Task IngestAsync()
    {
        _environment.Clock.Advance(Start + TimeSpan.FromDays(4) - Timestamp.From(_environment.Clock.GetUtcNow()));
        foreach (var (view, rows) in _rows)
            await _store.IngestAsync(view, SkewRow.Frame([.. rows.Where(row => _fault.Offline(view, row))]), "all");
    }

    public async Task<SkewAuditReport> AuditAsync(SkewComparison? comparison = null) => await _store.Skew.AuditAsync(Service, From, To, comparison);

    public async ValueTask DisposeAsync()
    {
        _server.Dispose();
        _store.Dispose();
        await _environment.DisposeAsync();
    }

    private string[] Keys() => ["A" + _random.Next(Airports), "A" + _random.Next(Airports), "C" + _random.Next(Carriers)];

    private async Task PushAsync(string view, SkewRow[] rows, string source, long offset)
    {
        if (rows.Length > 0)
            await _server.PushAsync(view, SkewRow.Frame(rows), source, offset);
    }

    private List<SkewRow> Rows(int keys, string prefix, int perHour)
    {
        var rows = new List<SkewRow>();
        for (var i = 0; i < keys * 48 * perHour; i++)
        {
            var at = new Timestamp(Start.Microseconds + _random.NextInt64(48 * 3_600_000_000L));
            var known = new Timestamp(at.Microseconds + (_random.Next(4) == 0 ? 0 : _random.NextInt64(40 * 60_000_000L)));
            rows.Add(new SkewRow(
                prefix + _random.Next(keys), at, known, _random.Next(8) == 0 ? null : Math.Round(_random.NextDouble() * 90 - 15, 2),
                Math.Round(5 + _random.NextDouble() * 500, 2), _random.Next(8) == 0 ? null : Math.Round(_random.NextDouble() * 100, 3), Math.Round(20 + _random.NextDouble() * 300, 2)));
        }

        return rows;
    }
}
