using System.Globalization;
using MlOps.Registry;

namespace MlOps.Crash.Tests;

/// <summary>
/// A mix of the model store's operations, each acknowledged by a line on standard output after it returned. Operations of runs: <c>.Runs</c>.
/// A new kind of operation gets a letter in <see cref="WorkPlan.Mix"/>, a method here, a line in <see cref="Acknowledgements"/> and a check in
/// <see cref="RegistryCheck"/>.
/// </summary>
internal sealed partial class RegistryWork
{
    private static readonly string[] Models = ["churn", "fraud"];
    private static readonly string[] Aliases = ["champion", "challenger"];
    private static readonly TimeSpan CollectionPause = TimeSpan.FromMilliseconds(150);
    private readonly Lock _output = new();
    private readonly WorkPlan _plan;
    private readonly RegistryHost _host;
    private readonly DependencySnapshot _dependencies = DependencyCapture.Capture();

    private RegistryWork(WorkPlan plan, RegistryHost host)
    {
        _plan = plan;
        _host = host;
    }

    public static async Task RunAsync(WorkPlan plan)
    {
        await using var host = RegistryHost.Open(plan.Directory, files: TimeLapse.Over(new Files.PhysicalFileSystem()), bug: plan.Bug);
        var work = new RegistryWork(plan, host);
        using var finished = new CancellationTokenSource();
        var collecting = plan.Mix.Contains('g') ? Task.Run(() => work.CollectAsync(finished.Token)) : Task.CompletedTask;
        await Task.WhenAll(Enumerable.Range(0, plan.Workers).Select(worker => Task.Run(() => work.WorkAsync(worker))));
        await finished.CancelAsync();
        await collecting;
        work.Say("done");
    }

    private async Task WorkAsync(int worker)
    {
        var random = new Random((((_plan.Generation * 100) + worker) * 100_000) + Environment.ProcessId);
        var operations = _plan.Mix.Replace("g", "", StringComparison.Ordinal);
        await using var runs = new Runs(this, worker);
        for (var number = 0; number < _plan.Operations; number++)
        {
            try
            {
                // Something to work on comes first.
                var operation = number == 0 && operations.Contains('v') ? 'v' : operations[random.Next(operations.Length)];
                await ActAsync(operation, worker, number, random, runs);
            }
            catch (ConcurrencyConflictException) when (operations.Contains('a'))
            {
                // Another worker moved the alias: a compare-and-set that lost changed nothing.
            }
            catch (ModelNotFoundException) when (operations.Contains('d'))
            {
                // Another worker deleted the version.
            }
            catch (StorageException refused)
            {
                Say("E", refused.Message.ReplaceLineEndings(" ").Replace(' ', '_'));
            }
        }
    }

    private Task ActAsync(char operation, int worker, int number, Random random, Runs runs) => operation switch
    {
        'u' => UploadAsync(random),
        'v' => RegisterAsync(null, worker, random),
        'k' => RegisterAsync($"key{random.Next(40)}", worker, random),
        'a' => MoveAliasAsync(worker, number, random),
        't' => TagAsync(worker, number, random),
        'd' => DeleteAsync(worker, number, random),
        'r' => runs.ActAsync(random),
        _ => throw new ArgumentException($"There is no operation '{operation}'."),
    };

    private async Task UploadAsync(Random random)
    {
        var seed = random.NextInt64();
        var bytes = Content(random);
        var stored = await _host.UploadAsync(seed, bytes);
        if (stored.Digest != ArtifactDigest.Of(bytes).ToString())
            throw new InvalidOperationException($"The store calls {ArtifactDigest.Of(bytes)} {stored.Digest}.");
        // Garbage for the collection: nothing will ever refer to it, and nothing is promised.
        await _host.Context.Artifacts.PutBytesAsync(Content(random), "application/octet-stream");
        Say("U", stored.Digest, Text(seed));
    }

    private async Task RegisterAsync(string? key, int worker, Random random)
    {
        var model = Models[random.Next(Models.Length)];
        var draft = await new ModelVersionBuilder(_host.Context.Artifacts, model)
            .WithSignature(new ModelSignature([new TensorSpec("x", "float32", ["n", "4"])], [new TensorSpec("y", "float32", ["n"])], []))
            .WithDefinition("""{"kind":"linear"}""")
            .WithParameters($$"""{"weights":[{{Text(random.NextInt64())}}]}""")
            .With(ModelArtifactKind.Functions, "weights", Content(random), "application/octet-stream")
            .WithDependencies(_dependencies)
            .WithMetrics(new Dictionary<string, double> { ["auc"] = random.NextDouble() })
            .WithTags(("owner", "w" + Text(worker)))
            .WithKey(key)
            .BuildAsync();
        try
        {
            var version = await _host.Models.RegisterAsync(draft);
            Say("V", model, Text(version.Version), version.Manifest.Digest, key ?? "-");
        }
        catch (NotFoundException)
        {
            // Slower than the collection's minimum age: refused, and nothing is acknowledged.
        }
    }

    private async Task MoveAliasAsync(int worker, int number, Random random)
    {
        if (await NewestAsync(random) is not { } newest)
            return;
        var alias = Aliases[random.Next(Aliases.Length)];
        var current = (await _host.Models.GetAliasesAsync(newest.Model)).GetValueOrDefault(alias);
        var reason = $"move-{_plan.Generation}-{worker}-{number}";
        var change = random.Next(5) == 0
            ? await _host.Models.RemoveAliasAsync(newest.Model, alias, reason, current)
            : await _host.Models.SetAliasAsync(newest with { Version = random.Next(1, newest.Version + 1) }, alias, reason, current);
        if (change.From != change.To)
            Say("A", change.Model, alias, Text(change.From ?? 0), Text(change.To ?? 0), reason);
    }

    private async Task TagAsync(int worker, int number, Random random)
    {
        if (await NewestAsync(random) is not { } newest)
            return;
        var version = newest with { Version = random.Next(1, newest.Version + 1) };
        var value = random.Next(6) == 0 ? null : $"{_plan.Generation}-{worker}-{number}";
        await _host.Models.SetTagsAsync(version, new Dictionary<string, string?> { [$"worker{worker}"] = value });
        // The value that was taken away need not have been there; only a set one is told.
        if (value is not null)
            Say("T", version.Model, Text(version.Version), value);
    }

    private async Task DeleteAsync(int worker, int number, Random random)
    {
        if (await NewestAsync(random) is not { } newest)
            return;
        var version = newest with { Version = random.Next(1, newest.Version + 1) };
        var reason = $"delete-{_plan.Generation}-{worker}-{number}";
        if (random.Next(3) == 0)
        {
            await _host.Models.RestoreAsync(version, reason);
            return;
        }

        // A version that was deleted before keeps its first deletion.
        var deletion = await _host.Models.DeleteAsync(version, reason, new DeletionOptions { RemoveAliases = random.Next(4) == 0 });
        if (deletion.Reason == reason)
            Say("D", version.Model, Text(version.Version), reason);
    }

    private async Task CollectAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var report = await _host.Collector.CollectAsync(new CollectionOptions { MinimumAge = TimeSpan.FromHours(1) }, CancellationToken.None);
                Say("G", Text(report.Blobs));
                await Task.Delay(CollectionPause, stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (StorageException refused)
            {
                Say("E", refused.Message.ReplaceLineEndings(" ").Replace(' ', '_'));
            }
        }
    }

    private async Task<ModelVersionRef?> NewestAsync(Random random)
    {
        var model = Models[random.Next(Models.Length)];
        return (await _host.Models.ListAsync(model, limit: 1)) is [var newest] ? newest.Ref : null;
    }

    /// <summary>Mostly small; one in twelve is a large one that differs from the others of its kind in a few places only.</summary>
    private byte[] Content(Random random)
    {
        if (random.Next(12) != 0)
        {
            var small = new byte[random.Next(1, 20_000)];
            random.NextBytes(small);
            return small;
        }

        var large = new byte[_plan.LargeBytes];
        new Random(7).NextBytes(large);
        for (var i = 0; i < 8; i++)
            random.NextBytes(large.AsSpan(random.Next(Math.Max(1, large.Length - 64)), Math.Min(64, large.Length)));
        return large;
    }

    private void Say(params string[] fields)
    {
        // The full stop shows that a line was not cut off by the kill.
        lock (_output)
        {
            Console.Out.Write(string.Join(' ', fields) + " .\n");
            Console.Out.Flush();
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
