using System.Formats.Tar;
using System.IO.Compression;
using Microsoft.Data.Sqlite;
using MlOps.Environments;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

/// <summary>
/// Fills a store with the same story in every format version. It uses only what the first version had, so that it compiles against each
/// of them: see Fixtures/stores/README.md.
/// </summary>
internal static class StoreFixture
{
    public const string Environment = "staging";
    public const string Run = "nightly-1";
    public static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly ModelSignature Signature = new([new TensorSpec("features", "float", ["N", "3"])], [new TensorSpec("scores", "float", ["N", "1"])], ["a", "b", "c"]);

    /// <summary>Large enough to be stored in chunks where a format has them; its bytes repeat, so that the fixture stays small.</summary>
    public static byte[] Large() => [.. Enumerable.Range(0, 5 << 20).Select(i => (byte)((i % 251) ^ (i >> 16)))];

    public static async Task WriteAsync(string archive)
    {
        using var directory = new TemporaryDirectory();
        var clock = new FakeClock(Start);
        var caller = new CallerAccessor();
        await using (var stores = EnvironmentStores.OpenEmbedded(Environment, EnvironmentKind.Staging, directory.Path, clock, caller: caller))
        {
            using var acting = caller.ActAs(CallerAccessor.Named("ada"));
            await TellAsync(stores.Context, clock);
        }

        SqliteConnection.ClearAllPools();
        using (var database = new SqliteConnection($"Data Source={directory["metadata.db"]};Pooling=False"))
        {
            database.Open();
            foreach (var step in (string[])["PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA journal_mode=DELETE", "VACUUM"])
            {
                using var command = database.CreateCommand();
                command.CommandText = step;
                command.ExecuteNonQuery();
            }
        }

        await using var file = File.Create(archive);
        await using var packed = new GZipStream(file, CompressionLevel.SmallestSize);
        await TarFile.CreateFromDirectoryAsync(directory.Path, packed, includeBaseDirectory: false);
    }

    private static async Task TellAsync(EnvironmentContext context, FakeClock clock)
    {
        var experiments = new SqlExperiments(context);
        var models = new SqlModelRegistry(context);
        var run = await TrainAsync(experiments, clock);

        await models.RegisterAsync(new ModelVersionDraft
        {
            Model = "churn",
            Key = "churn-1",
            RunId = run,
            Signature = Signature,
            Artifacts = await EightKindsAsync(context),
            Metrics = new Dictionary<string, double> { ["auc"] = 0.8125, ["loss"] = double.NaN, ["gain"] = double.PositiveInfinity },
            Tags = new Dictionary<string, string> { ["owner"] = "ads", ["note"] = "ü — 東京 🚲" },
            Description = "# Churn\n\nA card with 'quotes' and ü.",
        });
        clock.Advance(TimeSpan.FromSeconds(1));
        var second = await models.RegisterAsync(new ModelVersionDraft
        {
            Model = "churn",
            Signature = Signature,
            Artifacts = [new ModelArtifact(ModelArtifactKind.Parameters, "parameters", await PutAsync(context, """{"l2":0.5}"""))],
            Metrics = new Dictionary<string, double> { ["auc"] = 0.875 },
            Provenance = new ModelProvenance("sandbox", "churn:7", "sha256:" + new string('a', 64), "CopyModel"),
        });
        await models.RegisterAsync(new ModelVersionDraft
        {
            Model = "churn",
            Signature = Signature,
            Artifacts = [new ModelArtifact(ModelArtifactKind.Parameters, "weights", await context.Artifacts.PutBytesAsync(Large(), "application/octet-stream"))],
        });
        await models.RegisterAsync(new ModelVersionDraft
        {
            Model = "eta",
            Signature = Signature,
            Artifacts = [new ModelArtifact(ModelArtifactKind.Parameters, "parameters", await PutAsync(context, """{"l2":0.5}"""))],
        });

        await models.SetTagsAsync(second.Ref, new Dictionary<string, string?> { ["owner"] = "ads", ["stage"] = "tested" });
        await models.SetTagsAsync(second.Ref, new Dictionary<string, string?> { ["stage"] = null });
        await models.SetAliasAsync(new ModelVersionRef("churn", 1), "champion", "first", 0);
        clock.Advance(TimeSpan.FromSeconds(1));
        await models.SetAliasAsync(second.Ref, "champion", "better auc", 1);
        await models.SetAliasAsync(new ModelVersionRef("churn", 3), "challenger", "to be tried");
        clock.Advance(TimeSpan.FromSeconds(1));
        await models.RemoveAliasAsync("churn", "challenger", "not good");

        // Stored, but nothing refers to it.
        await PutAsync(context, "an orphan");
    }

    private static async Task<string> TrainAsync(SqlExperiments experiments, FakeClock clock)
    {
        string id;
        await using (var run = await experiments.StartRunAsync("training", new RunOptions { Name = "nightly", Key = Run, Tags = new Dictionary<string, string> { ["team"] = "ads" } }))
        {
            id = run.Id;
            run.LogParameter("l2", "0.1");
            run.LogInput("flights", "sha256:" + new string('b', 64), "training");
            for (var step = 0; step < 300; step++)
                run.LogMetric("curve", step / 4.0, step);
            await run.FlushAsync();
            clock.Advance(TimeSpan.FromSeconds(1));
            for (var step = 300; step < 400; step++)
                run.LogMetric("curve", step / 4.0, step);
            run.LogMetric("odd", double.NaN, 0);
            run.LogMetric("odd", double.PositiveInfinity, 1);
            run.LogMetric("odd", double.NegativeInfinity, 2);
            run.LogMetric("odd", double.NaN, 3);
            run.LogMetric("auc", 0.8125, 7);
            using var report = new MemoryStream("""{"auc":0.8125}"""u8.ToArray());
            await run.LogArtifactAsync("reports/test.json", report, "application/json");

            var child = await experiments.StartRunAsync("training", new RunOptions { Name = "fold", ParentRunId = id });
            child.LogMetric("auc", 0.5);
            child.Fail(new InvalidOperationException("The fold was empty."));
            await child.DisposeAsync();
        }

        // A process that died: nobody ends this one.
        var open = await experiments.StartRunAsync("training", new RunOptions { Name = "open", Key = "open-1" });
        open.LogMetric("loss", 4, 0);
        open.LogMetric("loss", 2, 1);
        await open.FlushAsync();
        return id;
    }

    private static async Task<ModelArtifact[]> EightKindsAsync(EnvironmentContext context)
    {
        var artifacts = new List<ModelArtifact>();
        foreach (var kind in Enum.GetValues<ModelArtifactKind>().Where(kind => kind != ModelArtifactKind.Functions))
            artifacts.Add(new ModelArtifact(kind, kind.ToString().ToLowerInvariant(), await PutAsync(context, $$"""{"kind":"{{kind}}"}""")));
        artifacts.Add(new ModelArtifact(ModelArtifactKind.Functions, ModelArtifactNames.Predict,
            await context.Artifacts.PutBytesAsync(OnnxBytes.Linear(), ModelArtifactNames.OnnxMediaType)));
        return [.. artifacts];
    }

    private static async Task<ArtifactRef> PutAsync(EnvironmentContext context, string text) =>
        await context.Artifacts.PutBytesAsync(System.Text.Encoding.UTF8.GetBytes(text), "application/json");
}
