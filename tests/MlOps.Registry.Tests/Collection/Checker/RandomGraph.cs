using System.Globalization;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

/// <summary>One graph and what happens to it: every acknowledged change is told to the model, every deletion before it is asked for.</summary>
internal sealed class RandomGraph(EnvironmentContext context, OutsideEngine outside, int seed, Random random, bool hasLargeBlobs)
{
    private static readonly ModelSignature Signature = new([new TensorSpec("features", "float", ["N", "1"])], [new TensorSpec("scores", "float", ["N", "1"])], ["a"]);
    private static readonly TimeSpan[] Pauses = [TimeSpan.Zero, TimeSpan.FromMinutes(20), TimeSpan.FromMinutes(90), TimeSpan.FromDays(3)];
    private readonly SqlModelRegistry _registry = new(context);
    private readonly SqlExperiments _experiments = new(context);
    private readonly string _prefix = $"g{Guid.NewGuid():N}"[..12];
    private byte[]? _common;
    private int _names;

    public GraphModel Model { get; } = new();

    public int Acknowledged { get; private set; }

    public int Refused { get; private set; }

    /// <summary>Makes what is there before writers and collections meet; the run that it returns goes on until it is disposed.</summary>
    public async Task<IAsyncDisposable> BuildAsync(FakeClock clock)
    {
        // Everything is used once here, so that no tables are made in the middle of somebody's transaction.
        await outside.ReferAsync(Name("first"), [await PutAsync(random)]);
        Model.Add(GraphModel.EntityKind.Outside, Name("first"), 0, Model.Known[0]);
        await RegisterAsync(random, "m0");
        await LogAsync(random);
        var steps = random.Next(2, 9);
        for (var step = 0; step < steps; step++)
        {
            clock.JumpTo(clock.GetUtcNow() + Pauses[random.Next(Pauses.Length)]);
            await StepAsync(random, beginning: true);
        }

        await PurgeRunsAsync();
        var live = await _experiments.StartRunAsync(Name("live"), new RunOptions { SystemMetricsInterval = null });
        var plot = await live.LogArtifactAsync("plot", new MemoryStream(Content(random)), "text/plain");
        Model.Learn(plot);
        Model.Add(GraphModel.EntityKind.Run, live.Id, 0, plot);
        clock.JumpTo(clock.GetUtcNow() + Pauses[random.Next(1, Pauses.Length)]);
        return live;
    }

    public Func<Task> Writer(int writer, int writerSeed) => async () =>
    {
        var mine = new Random(unchecked((writerSeed * 31) + writer));
        for (var i = mine.Next(1, 5); i > 0; i--)
            await StepAsync(mine, beginning: false);
    };

    /// <summary>Whoever was asked to go while others were purged is gone or is not; the store says which.</summary>
    public async Task SettleAsync()
    {
        foreach (var entity in Model.Entities.Where(entity => entity.MayBeGone).ToArray())
        {
            if (!await ExistsAsync(entity))
                Model.Entities.Remove(entity);
        }
    }

    public async Task<bool> ExistsAsync(GraphModel.Entity entity)
    {
        try
        {
            if (entity.Kind == GraphModel.EntityKind.Version)
                return (await _registry.GetAsync(new ModelVersionRef(entity.Name, entity.Version))).Artifacts.Select(artifact => artifact.Content.Digest).ToHashSet().SetEquals(entity.Blobs.Select(blob => blob.Digest));
            if (entity.Kind == GraphModel.EntityKind.Run)
                return await _experiments.GetRunAsync(entity.Name) is not null;
            return true;
        }
        catch (MlOpsException error) when (error is NotFoundException or ModelNotFoundException)
        {
            return false;
        }
    }

    private async Task StepAsync(Random choice, bool beginning)
    {
        switch (choice.Next(beginning ? 10 : 12))
        {
            case 0 or 1:
                await RegisterAsync(choice, $"m{choice.Next(2)}");
                break;
            case 2 or 3:
                await LogAsync(choice);
                break;
            case 4:
                await ReferAsync(choice);
                break;
            case 5 or 9:
                await PutAsync(choice);
                break;
            case 6:
                await DeleteRunAsync(choice);
                break;
            case 7:
                await SetAliasAsync(choice);
                break;
            case 8:
                await ForgetAsync(choice);
                break;
            case 10:
                await PurgeVersionAsync(choice);
                break;
            default:
                await PurgeRunsAsync();
                break;
        }
    }

    private async Task RegisterAsync(Random choice, string model)
    {
        var blobs = await BlobsAsync(choice);
        try
        {
            var version = await _registry.RegisterAsync(new ModelVersionDraft
            {
                Model = Name(model),
                Signature = Signature,
                Artifacts = [.. blobs.Select((blob, i) => new ModelArtifact(ModelArtifactKind.Parameters, $"p{i}", blob))],
            });
            Model.Add(GraphModel.EntityKind.Version, version.Model, version.Version, blobs);
            Acknowledged++;
        }
        catch (NotFoundException)
        {
            // The blob of an earlier time has been collected: the caller is told, and nothing refers to it.
            Refused++;
        }
    }

    private async Task LogAsync(Random choice)
    {
        await using var run = await _experiments.StartRunAsync(Name("e"), new RunOptions { SystemMetricsInterval = null });
        var logged = new List<ArtifactRef>();
        var contents = Enumerable.Range(0, choice.Next(1, 3)).Select(_ => Content(choice)).ToArray();
        for (var i = 0; i < contents.Length; i++)
            logged.Add(await run.LogArtifactAsync($"a{i}", new MemoryStream(contents[i]), "text/plain"));
        var input = choice.Next(3) == 0 ? Pick(choice, Model.Known) : null;
        if (input is not null)
            run.LogInput("rows", input.Digest, "training");
        await run.CompleteAsync();
        // Of a data set the run holds the digest; its blob is the run's from the moment on at which it was there after that.
        if (input is not null && await context.Artifacts.ExistsAsync(input.ParsedDigest))
            logged.Add(input);
        logged.ForEach(Model.Learn);
        Model.Add(GraphModel.EntityKind.Run, run.Id, 0, logged);
        Model.Entities[^1].Names = input?.Digest;
        Acknowledged++;
    }

    private async Task ReferAsync(Random choice)
    {
        var name = Name($"o{_names++}");
        var blobs = await BlobsAsync(choice);
        if (!await outside.ReferAsync(name, blobs))
        {
            Refused++;
            return;
        }

        Model.Add(GraphModel.EntityKind.Outside, name, 0, blobs);
        Acknowledged++;
    }

    private async Task ForgetAsync(Random choice)
    {
        if (Pick(choice, Model.Entities.Where(entity => entity.Kind == GraphModel.EntityKind.Outside)) is not { } gone)
            return;
        Model.Entities.Remove(gone);
        await outside.ForgetAsync(gone.Name);
    }

    private async Task DeleteRunAsync(Random choice)
    {
        if (Pick(choice, Model.Entities.Where(entity => entity is { Kind: GraphModel.EntityKind.Run, Deleted: false })) is not { } gone)
            return;
        Model.Delete(gone);
        try
        {
            await _experiments.DeleteRunAsync(gone.Name, "not needed");
        }
        catch (InvalidInputException)
        {
            // The one that goes on.
            gone.Deleted = false;
        }
    }

    private async Task PurgeRunsAsync()
    {
        Model.BeginPurge();
        await _experiments.PurgeRunsAsync("room", new RunPurgeOptions { DeletedFor = TimeSpan.Zero });
        Model.EndPurge();
    }

    private async Task PurgeVersionAsync(Random choice)
    {
        if (Pick(choice, Model.Entities.Where(entity => entity.Kind == GraphModel.EntityKind.Version && !Model.IsAliased(entity))) is not { } gone)
            return;
        Model.Entities.Remove(gone);
        await context.Metadata.WriteAsync(async (session, _) =>
        {
            foreach (var table in (string[])["registry_blobs", "registry_metrics", "registry_tags", "registry_versions"])
                await session.ExecuteAsync($"DELETE FROM {table} WHERE model = @model AND version = @version", ("model", gone.Name), ("version", (long)gone.Version));
            return true;
        });
    }

    private async Task SetAliasAsync(Random choice)
    {
        if (Pick(choice, Model.Entities.Where(entity => entity.Kind == GraphModel.EntityKind.Version)) is not { } version)
            return;
        try
        {
            Model.Aliases[(version.Name, "champion")] = version.Version;
            await _registry.SetAliasAsync(new ModelVersionRef(version.Name, version.Version), "champion", "better");
        }
        catch (MlOpsException error) when (error is NotFoundException or ModelNotFoundException)
        {
            Model.Aliases.Remove((version.Name, "champion"));
        }
    }

    // Stored anew (also equal bytes of long ago), or only named: whoever names has to be told when they are gone.
    private async Task<ArtifactRef[]> BlobsAsync(Random choice)
    {
        var blobs = new List<ArtifactRef>();
        for (var i = choice.Next(1, 4); i > 0; i--)
        {
            if (choice.Next(3) > 0 && Pick(choice, Model.Known) is { } known)
                blobs.Add(known);
            else
                blobs.Add(await PutAsync(choice));
        }

        return [.. blobs.Distinct()];
    }

    private async Task<ArtifactRef> PutAsync(Random choice)
    {
        var stored = await context.Artifacts.PutBytesAsync(Content(choice), "text/plain");
        Model.Learn(stored);
        return stored;
    }

    // Few contents, so that equal ones meet; large ones share most of their chunks.
    private byte[] Content(Random choice)
    {
        var which = choice.Next(10);
        var text = System.Text.Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{_prefix} {seed} {which}"));
        if (!hasLargeBlobs || which > 3)
            return text;
        if (_common is null)
            new Random(seed).NextBytes(_common = new byte[300_000]);
        byte[] content = [.. _common.AsSpan(which * 40_000), .. text];
        return content;
    }

    private string Name(string name) => _prefix + name;

    private static T? Pick<T>(Random choice, IEnumerable<T> from)
        where T : class
    {
        var all = from.ToArray();
        return all.Length == 0 ? null : all[choice.Next(all.Length)];
    }
}
