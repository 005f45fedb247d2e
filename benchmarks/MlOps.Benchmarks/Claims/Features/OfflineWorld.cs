using MlOps.Benchmarks.Claims.Support;
using MlOps.Features;

namespace MlOps.Benchmarks.Claims.Features;

/// <summary>A large history in the offline store, ingested in batches, none of which stays in memory.</summary>
internal sealed class OfflineWorld : IAsyncDisposable
{
    private const long Start = 978_307_200_000_000;
    private const long Step = 777_600;
    private readonly string _folder;
    private readonly string[] _names;
    private readonly Random _random;
    private readonly long _rows;
    private ClaimHost _host;

    private OfflineWorld(ClaimContext context, long rows, int entities)
    {
        _folder = context.Folder;
        _rows = rows;
        _random = new Random(context.Seed);
        _names = [.. Enumerable.Range(0, entities).Select(i => $"entity-{i}")];
        _host = Open();
    }

    public long Bytes => new DirectoryInfo(_folder).EnumerateFiles("*.seg", SearchOption.AllDirectories).Sum(file => file.Length);

    public static async Task<OfflineWorld> CreateAsync(ClaimContext context, long rows, int entities, int batchRows, bool whole, CancellationToken stop)
    {
        var world = new OfflineWorld(context, rows, entities);
        for (long first = 0; first < rows; first += batchRows)
            await world._host.Environment.Features.IngestAsync("view", world.Batch(first, (int)Math.Min(batchRows, rows - first)), $"from {first}", stop);
        if (whole)
            await world.CompactAsync(stop);
        context.Report($"stored {rows:N0} rows, {world.Bytes / 1e6:F0} MB");
        return world;
    }

    public ValueTask<CompactionResult> CompactAsync(CancellationToken stop) => _host.Environment.Features.Offline.CompactAsync("view", whole: true, stop);

    public async Task<DataFrame> JoinAsync(DataFrame spine, CancellationToken stop) =>
        await _host.Environment.Features.GetTrainingFrameAsync(spine, "t", "service", cancellationToken: stop);

    public DataFrame Spine(int rows) => new(
        DataColumn.Create("k", Enumerable.Range(0, rows).Select(_ => _names[_random.Next(_names.Length)]).ToArray()),
        DataColumn.Create("t", Enumerable.Range(0, rows).Select(_ => new Timestamp(Start + _random.NextInt64(_rows * Step))).ToArray()));

    public static long Matches(DataFrame frame)
    {
        long matches = 0;
        foreach (float value in frame.Column<float>("view_a").Span)
            matches += float.IsNaN(value) ? 0 : 1;
        return matches;
    }

    /// <summary>Opens the store anew, and takes its files out of the page cache where the system lets us.</summary>
    public async Task ReopenColdAsync(CancellationToken stop)
    {
        await _host.DisposeAsync();
        _host = Open();
        await _host.Environment.Features.EnsureReadyAsync(stop);
        foreach (string file in Directory.EnumerateFiles(_folder, "*.seg", SearchOption.AllDirectories))
            FileSystems.DropFromPageCache(file);
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private ClaimHost Open() => new(_folder, mlops => mlops
        .AddFeatureView("view", view => view.Key("k").EventTime("t").LastValue("a").LastValue("b").LastValue("c").LastValue("d"))
        .AddFeatureService("service", service => service.View("view")));

    private DataFrame Batch(long first, int rows)
    {
        string[] keys = new string[rows];
        var times = new Timestamp[rows];
        float[][] values = [.. Enumerable.Range(0, 4).Select(_ => new float[rows])];
        for (int row = 0; row < rows; row++)
        {
            keys[row] = _names[_random.Next(_names.Length)];
            times[row] = new Timestamp(Start + ((first + row) * Step));
            foreach (float[] column in values)
                column[row] = _random.NextSingle();
        }

        return new DataFrame(
            DataColumn.Create("k", keys), DataColumn.Create("t", times), DataColumn.Create("a", values[0]), DataColumn.Create("b", values[1]),
            DataColumn.Create("c", values[2]), DataColumn.Create("d", values[3]));
    }
}
