using System.Diagnostics;
using System.Text.Json;
using MlOps.Registry;

namespace MlOps.Crash.Tests;

/// <summary>
/// Opens the store as a restarted process would and lists every broken promise. Parts: acknowledged changes here, invariants that hold
/// whatever was acknowledged in <c>.Invariants</c>.
/// </summary>
internal sealed partial class RegistryCheck
{
    private static readonly TimeSpan LongestOpening = TimeSpan.FromSeconds(2);
    private readonly List<string> _broken = [];
    private readonly RegistryHost _host;
    private readonly HashSet<string> _verified;

    private RegistryCheck(RegistryHost host, HashSet<string> verified)
    {
        _host = host;
        _verified = verified;
    }

    /// <param name="directory">The environment's directory.</param>
    /// <param name="acknowledged">What the killed processes said was done.</param>
    /// <param name="verified">Blobs whose bytes need no second look; this check adds those that it has read.</param>
    /// <param name="files">The file layer; null for the disk.</param>
    /// <param name="opening">Receives how long opening and the first read took; null to leave it unchecked.</param>
    /// <param name="name">The environment's name.</param>
    public static async Task<List<string>> RunAsync(
        string directory, Acknowledgements acknowledged, HashSet<string>? verified = null, IFileSystem? files = null, Action<TimeSpan>? opening = null,
        string name = "sandbox")
    {
        var started = Stopwatch.GetTimestamp();
        await using var host = RegistryHost.Open(directory, name, files: files);
        _ = await host.Models.ListModelsAsync();
        var taken = Stopwatch.GetElapsedTime(started);
        opening?.Invoke(taken);
        var broken = await RunAsync(host, acknowledged, verified);
        if (opening is not null && taken > LongestOpening)
            broken.Add($"opening took {taken.TotalSeconds:0.00} s");
        return broken;
    }

    public static async Task<List<string>> RunAsync(RegistryHost host, Acknowledgements acknowledged, HashSet<string>? verified = null)
    {
        var check = new RegistryCheck(host, verified ?? new HashSet<string>(StringComparer.Ordinal));
        _ = await host.Experiments.ListRunsAsync("none");
        await check.CheckInvariantsAsync();
        await check.CheckUploadsAsync(acknowledged);
        await check.CheckVersionsAsync(acknowledged);
        await check.CheckMovesAsync(acknowledged);
        await check.CheckTagsAsync(acknowledged);
        await check.CheckDeletionsAsync(acknowledged);
        await check.CheckRunsAsync(acknowledged);
        return check._broken;
    }

    /// <summary>
    /// Collects as if two days had passed: what a killed upload left must be gone, what something refers to must stay. Lists every broken promise.
    /// </summary>
    public static async Task<List<string>> SweepAsync(string directory, Acknowledgements acknowledged)
    {
        await using var host = RegistryHost.Open(directory, clock: new MovedClock(TimeSpan.FromDays(2)));
        var check = new RegistryCheck(host, new HashSet<string>(StringComparer.Ordinal));
        foreach (var folder in new[] { "temporary", "condemned" })
        {
            var path = Path.Combine(directory, "artifacts", folder);
            if (Directory.Exists(path) && Directory.GetFiles(path) is { Length: > 0 } left)
                check._broken.Add($"{left.Length} files stay in {folder}, the first is {left[0]}");
        }

        await host.Collector.CollectAsync(new CollectionOptions { MinimumAge = TimeSpan.FromDays(1) });
        var referenced = (await check.ReferencesAsync()).Select(reference => reference.Digest).ToHashSet(StringComparer.Ordinal);
        await foreach (var digest in host.Context.Artifacts.ListAsync())
        {
            if (!referenced.Contains(digest.ToString()))
                check._broken.Add($"{digest} is still there after a collection, and nothing refers to it");
        }

        // Everything that was acknowledged must have survived the collection, too.
        check._broken.AddRange(await RunAsync(host, acknowledged));
        return check._broken;
    }

    private async Task CheckUploadsAsync(Acknowledgements acknowledged)
    {
        var uploads = (await _host.UploadsAsync()).ToDictionary(upload => upload.Seed, upload => upload.Content.Digest);
        foreach (var (digest, seed) in acknowledged.Uploads)
        {
            if (uploads.GetValueOrDefault(seed) != digest)
                _broken.Add($"the acknowledged upload {digest} is lost");
        }
    }

    private async Task CheckVersionsAsync(Acknowledgements acknowledged)
    {
        var keyed = new Dictionary<(string, string), int>();
        var numbered = new Dictionary<(string, int), string?>();
        foreach (var (model, number, manifest, key) in acknowledged.Versions)
        {
            var version = await FindAsync(new ModelVersionRef(model, number));
            if (version is null)
                _broken.Add($"the acknowledged version {model}:{number} is lost");
            else if (version.Manifest.Digest != manifest)
                _broken.Add($"the acknowledged version {model}:{number} has manifest {version.Manifest.Digest} instead of {manifest}");
            if (key is not null && !keyed.TryAdd((model, key), number) && keyed[(model, key)] != number)
                _broken.Add($"key {key} of {model} was acknowledged as {keyed[(model, key)]} and as {number}");
            // The same number twice is right only for the same key.
            if (!numbered.TryAdd((model, number), key) && (key is null || numbered[(model, number)] != key))
                _broken.Add($"{model}:{number} was acknowledged twice");
        }
    }

    private async Task CheckMovesAsync(Acknowledgements acknowledged)
    {
        var moves = new HashSet<(string, string, int?, int?, string)>();
        foreach (var model in acknowledged.Moves.Select(move => move.Model).Distinct(StringComparer.Ordinal))
        {
            foreach (var move in await _host.Models.GetAliasHistoryAsync(model))
                moves.Add((move.Model, move.Alias, move.From, move.To, move.Reason));
        }

        foreach (var move in acknowledged.Moves)
        {
            if (!moves.Contains(move))
                _broken.Add($"the acknowledged alias move {move} is lost");
        }
    }

    private async Task CheckTagsAsync(Acknowledgements acknowledged)
    {
        var told = new HashSet<(string, string)>();
        foreach (var record in await AuditAsync())
        {
            if (record.Entry is not { Operation: "registry.tags.set", After: { } after })
                continue;
            using var state = JsonDocument.Parse(after);
            foreach (var tag in state.RootElement.GetProperty("tags").EnumerateObject())
                told.Add((record.Entry.Subject, tag.Value.GetString()!));
        }

        foreach (var (model, version, value) in acknowledged.Tags)
        {
            if (!told.Contains((new ModelVersionRef(model, version).ToString(), value)))
                _broken.Add($"the acknowledged tag {value} of {model}:{version} is lost");
        }
    }

    private async Task CheckDeletionsAsync(Acknowledgements acknowledged)
    {
        var done = (await RowsAsync(
            "SELECT model, version, reason FROM registry_lifecycle WHERE action = 'deleted'", row => (row.GetString(0), (int)row.GetInt64(1), row.GetString(2)))).ToHashSet();
        foreach (var deletion in acknowledged.Deletions)
        {
            if (!done.Contains(deletion))
                _broken.Add($"the acknowledged deletion {deletion} is lost");
        }
    }

    private async Task CheckRunsAsync(Acknowledgements acknowledged)
    {
        foreach (var (id, points) in acknowledged.Points)
        {
            var history = await HistoryAsync(id);
            if (history.Count < points)
                _broken.Add($"run {id} has {history.Count} of {points} acknowledged points");
            for (var i = 0; i < history.Count; i++)
            {
                if (history[i].Step == i && history[i].Value == i * 0.5)
                    continue;
                _broken.Add($"point {i} of run {id} is {history[i]}");
                break;
            }
        }

        foreach (var (id, digest) in acknowledged.RunArtifacts)
        {
            if (await FindRunAsync(id) is not { } run || run.Artifacts.Values.All(artifact => artifact.Digest != digest))
                _broken.Add($"the acknowledged artifact {digest} of run {id} is lost");
        }

        foreach (var id in acknowledged.Completed)
        {
            if ((await FindRunAsync(id))?.Status != RunStatus.Completed)
                _broken.Add($"run {id} was acknowledged as completed and is not");
        }
    }

    private async Task<ModelVersion?> FindAsync(ModelVersionRef version)
    {
        try
        {
            return await _host.Models.GetAsync(version, includeDeleted: true);
        }
        catch (ModelNotFoundException)
        {
            return null;
        }
        catch (CorruptDataException damaged)
        {
            _broken.Add(damaged.Message);
            return null;
        }
    }

    private async Task<RunRecord?> FindRunAsync(string id)
    {
        try
        {
            return await _host.Experiments.GetRunAsync(id);
        }
        catch (NotFoundException)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<MetricPoint>> HistoryAsync(string id)
    {
        try
        {
            return await _host.Experiments.GetMetricHistoryAsync(id, "loss");
        }
        catch (NotFoundException)
        {
            return [];
        }
    }

    private async Task<List<AuditRecord>> AuditAsync()
    {
        const int page = 1000;
        var records = new List<AuditRecord>();
        while (true)
        {
            var more = await _host.Context.Audit.ReadAsync(records.Count == 0 ? 0 : records[^1].Sequence, page);
            records.AddRange(more);
            if (more.Count < page)
                return records;
        }
    }
}
