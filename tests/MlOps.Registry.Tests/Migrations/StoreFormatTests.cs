using System.Security.Cryptography;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

/// <summary>Stores that earlier versions wrote, on the present code. What they hold stands here by hand, as the story of <see cref="StoreFixture"/> tells it.</summary>
public sealed class StoreFormatTests
{
    private static readonly Timestamp Start = Timestamp.From(StoreFixture.Start);

    public static TheoryData<string> Stores() => new(StoredFixture.Names);

    [Fact]
    public void Fixtures_OfEveryFormat_AreThere() => StoredFixture.Names.Should().StartWith(["v1.tar.gz", "v2.tar.gz"]);

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Open_EarlierStore_IsBroughtUpToDate(string name)
    {
        await using var store = new StoredFixture(name);
        store.Versions().Should().ContainKeys("registry", "experiments", "audit", "events");
        var context = store.Open();
        await new SqlModelRegistry(context).ListModelsAsync();
        await new SqlExperiments(context).ListExperimentsAsync();
        await store.CloseAsync();
        store.Versions().Should().BeEquivalentTo(await FreshVersionsAsync());
        await ReadEverythingAsync(store.Open());
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Read_EarlierStore_GivesWhatWasWritten(string name)
    {
        await using var store = new StoredFixture(name);
        await ReadEverythingAsync(store.Open());
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Search_EarlierStore_FindsByEveryKindOfField(string name)
    {
        await using var store = new StoredFixture(name);
        var context = store.Open();
        var (models, experiments) = (new SqlModelRegistry(context), new SqlExperiments(context));
        foreach (var (filter, expected) in new[]
        {
            ("", "training/open training/fold training/nightly"),
            ("metrics.auc > 0.8 and params.l2 = '0.1'", "training/nightly"),
            ("metrics.auc > 0.1 order by metrics.auc", "training/fold training/nightly"),
            ("tags.team = 'ads' and dataset.name = 'flights'", "training/nightly"),
            ("status = 'Failed'", "training/fold"),
        })
        {
            (await experiments.SearchRunsAsync(new RunQuery { Filter = filter })).Runs.Select(run => $"{run.Experiment}/{run.Name}")
                .Should().BeEquivalentTo(expected.Split(' '), filter);
        }

        foreach (var (filter, expected) in new[]
        {
            ("metrics.auc > 0.8 order by metrics.auc desc", "churn:2 churn:1"),
            ("tags.owner = 'ads' order by version", "churn:1 churn:2"),
            ("alias = 'champion'", "churn:2"),
            ("kind = 'Data'", "churn:1"),
            ("provenance.environment = 'sandbox'", "churn:2"),
            ("model = 'eta'", "eta:1"),
        })
        {
            (await models.SearchVersionsAsync(new VersionQuery { Filter = filter })).Versions.Select(version => version.Ref.ToString()).Should().Equal(expected.Split(' '), filter);
        }

        (await models.SearchModelsAsync(new ModelQuery())).Models.Select(model => (model.Name, model.LastVersion)).Should().Equal(("churn", 3), ("eta", 1));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Audit_OfEarlierStore_VerifiesIsProvenAndGoesOn(string name)
    {
        await using var store = new StoredFixture(name);
        var context = store.Open();
        (await context.Audit.VerifyAsync()).Should().BeNull();
        var before = await context.Audit.ReadAsync();
        before.Where(record => record.Entry.Operation.StartsWith("registry.", StringComparison.Ordinal)).Select(record => $"{record.Entry.Operation} {record.Entry.Subject}").Should().Equal(
            "registry.version.register churn:1", "registry.version.register churn:2", "registry.version.register churn:3", "registry.version.register eta:1",
            "registry.tags.set churn:2", "registry.tags.set churn:2",
            "registry.alias.set churn@champion", "registry.alias.set churn@champion", "registry.alias.set churn@challenger", "registry.alias.remove churn@challenger");
        before.Should().OnlyContain(record => record.Actor == "ada");

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signer = new AuditSigner("tests.example/fixtures", key);
        var first = await context.Audit.CheckpointAsync(signer);
        var models = new SqlModelRegistry(context);
        for (var i = 0; i < 300; i++)
            await models.SetTagsAsync(new ModelVersionRef("eta", 1), new Dictionary<string, string?> { ["round"] = $"{i}" });
        var second = await context.Audit.CheckpointAsync(signer);
        second.Size.Should().Be(before.Count + 300);
        AuditProof.VerifyConsistency(first, second, await context.Audit.ProveConsistencyAsync(first.Size, second.Size)).Should().BeTrue();
        foreach (var record in before)
            AuditProof.VerifyInclusion(context.Name, record, await context.Audit.ProveInclusionAsync(record.Sequence, second.Size), second).Should().BeTrue($"record {record.Sequence}");
        var report = await context.Audit.VerifyAsync(new AuditVerification { Checkpoints = [first, second], Keys = [signer.PublicKey] });
        report.IsIntact.Should().BeTrue(string.Join("; ", report.Findings));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Runs_OfEarlierStore_AreResumedAndDeleted(string name)
    {
        await using var store = new StoredFixture(name);
        var experiments = new SqlExperiments(store.Open());
        await using (var run = await experiments.StartRunAsync("training", new RunOptions { Key = "open-1" }))
        {
            run.Attempt.Should().Be(1);
            run.LogMetric("loss", 1.5, 1);
            run.LogMetric("loss", 1, 2);
        }

        var resumed = (await experiments.SearchRunsAsync(new RunQuery { Filter = "name = 'open'" })).Runs.Single();
        (resumed.Status, resumed.Attempt, resumed.Metrics["loss"]).Should().Be((RunStatus.Completed, 1, 1.0));
        (await experiments.GetMetricHistoryAsync(resumed.Id, "loss", new MetricHistoryOptions { AllAttempts = true })).Select(point => point.Value).Should().BeEquivalentTo([4.0, 2, 1.5, 1]);
        (await experiments.GetMetricHistoryAsync(resumed.Id, "loss")).Select(point => point.Step).Should().BeInAscendingOrder();

        var nightly = (await experiments.SearchRunsAsync(new RunQuery { Filter = "name = 'nightly'" })).Runs.Single();
        (await experiments.DeleteRunAsync(nightly.Id, "test")).Children.Should().Be(1);
        (await experiments.ListRunsAsync("training")).Select(run => run.Name).Should().Equal("open");
        await experiments.RestoreRunAsync(nightly.Id, "test");
        (await experiments.ListRunsAsync("training")).Should().HaveCount(3);
        await experiments.SetRunNoteAsync(nightly.Id, "# A note");
        (await experiments.GetRunNotesAsync(nightly.Id)).Single().Text.Should().Be("# A note");

        // The run made churn:1, so that it is never purged.
        await experiments.DeleteRunAsync(nightly.Id, "test");
        store.Clock.Advance(TimeSpan.FromDays(40));
        await experiments.PurgeRunsAsync("test");
        (await experiments.GetRunAsync(nightly.Id)).DeletedAt.Should().NotBeNull();
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Models_OfEarlierStore_HaveALifeAndALineage(string name)
    {
        await using var store = new StoredFixture(name);
        var context = store.Open();
        var models = new SqlModelRegistry(context);
        var churn = await models.GetModelAsync("churn");
        (churn.Versions, churn.LastVersion, churn.CreatedAt, churn.Description, churn.Owner).Should().Be((3, 3, Start + TimeSpan.FromSeconds(1), "", ""));
        (await models.GetStagesAsync("churn")).Should().BeEquivalentTo(new Dictionary<int, ModelStage> { [1] = ModelStage.Retired, [2] = ModelStage.Champion, [3] = ModelStage.Retired });
        await models.UpdateModelAsync("churn", new ModelChanges { Owner = "ads" });

        await models.DeleteAsync(new ModelVersionRef("churn", 3), "test");
        (await models.ListAsync("churn")).Select(version => version.Version).Should().Equal(2, 1);
        (await models.RestoreAsync(new ModelVersionRef("churn", 3), "test")).Version.Should().Be(3);
        await models.DeleteModelAsync("eta", "test");
        (await models.ListModelsAsync()).Should().Equal("churn");
        store.Clock.Advance(TimeSpan.FromDays(2));
        (await models.PurgeAsync(TimeSpan.FromDays(1))).Versions.Should().Equal(new ModelVersionRef("eta", 1));

        var lineage = new LineageExplorer(context, []);
        var above = await lineage.GetUpstreamAsync(LineageNode.Version(new ModelVersionRef("churn", 1)));
        above.OfKind(LineageNodeKind.Run).Should().Contain((await models.GetAsync(new ModelVersionRef("churn", 1))).RunId!);
        above.OfKind(LineageNodeKind.Data).Should().Contain("sha256:" + new string('b', 64));
        (await context.Audit.VerifyAsync()).Should().BeNull();
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Versions_OfEarlierStore_ArePromotedExportedAndSigned(string name)
    {
        await using var store = new StoredFixture(name);
        await using var production = new TestEnvironment("production", EnvironmentKind.Production);
        var (source, target) = (new EnvironmentHandle(store.Open()), new EnvironmentHandle(production.Context));
        for (var version = 1; version <= 3; version++)
        {
            var original = await source.Models.GetAsync(new ModelVersionRef("churn", version));
            var copy = await ModelCopier.CopyAsync(source, original.Ref, target, $"copy-{version}");
            copy.Manifest.Should().Be(original.Manifest);
            copy.Artifacts.Should().Equal(original.Artifacts);
            foreach (var artifact in copy.Artifacts)
                (await target.Context.Artifacts.GetBytesAsync(artifact.Content)).Length.Should().Be((int)artifact.Content.Size);
        }

        using var folder = new TemporaryDirectory();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signatures = new SqlModelSignatures(source.Context, source.Models);
        await signatures.SignAsync(new ModelVersionRef("churn", 1), ModelSigner.FromKey(key));
        await signatures.ExportAsync(new ModelVersionRef("churn", 1), folder["out"]);
        Directory.GetFiles(folder["out"], "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder["out"], path).Replace('\\', '/')).Should().BeEquivalentTo(
            "manifest.json", "config.json", "signatures/1.sig", "Definition/definition", "Parameters/parameters", "Functions/predict", "Dependencies/dependencies", "Data/data",
            "GenerationCode/generationcode", "ExperimentArtifacts/experimentartifacts", "Tags/tags");
        var next = await source.Models.RegisterAsync(await Drafts.SmallAsync(source.Context));
        next.Version.Should().Be(4);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Collect_EarlierStore_RemovesOnlyWhatNothingRefersTo(string name)
    {
        await using var store = new StoredFixture(name);
        // Files were written by the clock of the disk, not by that of the story.
        var context = store.Open(new FakeClock(DateTimeOffset.UtcNow.AddYears(1)));
        var report = await new ArtifactCollector(context, []).CollectAsync();
        (report.Blobs, report.Bytes).Should().Be((1, 9), "only 'an orphan' is one; what the first format kept as manifest and config blobs stays with its version");
        await ReadEverythingAsync(context);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Open_ByManyAtOnce_MigratesOnce(string name)
    {
        await using var store = new StoredFixture(name);
        var opened = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(async () =>
        {
            var context = store.Open();
            await new SqlExperiments(context).ListExperimentsAsync();
            return await new SqlModelRegistry(context).RegisterAsync(await Drafts.SmallAsync(context, content: $$"""{"n":{{i}}}"""));
        })));
        opened.Select(version => version.Version).Should().BeEquivalentTo([4, 5, 6, 7, 8, 9]);
        await store.CloseAsync();
        var again = store.Open();
        (await again.Audit.VerifyAsync()).Should().BeNull();
        (await new SqlExperiments(again).ListExperimentsAsync()).Should().ContainSingle();
    }

    [Theory]
    [InlineData("registry")]
    [InlineData("experiments")]
    [InlineData("audit")]
    [InlineData("events")]
    public async Task Open_AreaOfANewerVersion_IsRefusedAndLeftAlone(string area)
    {
        await using var store = new StoredFixture("v1.tar.gz");
        store.Execute($"UPDATE mlops_schema SET version = 99 WHERE area = '{area}'");
        var open = async () =>
        {
            var context = store.Open();
            await new SqlModelRegistry(context).ListModelsAsync();
            await new SqlExperiments(context).ListExperimentsAsync();
        };
        (await open.Should().ThrowAsync<InvalidDefinitionException>()).WithMessage($"Area '{area}'*has version 99*knows versions up to*Update the MlOps packages*");
        await store.CloseAsync();
        store.Versions()[area].Should().Be(99);
    }

    [Fact]
    public async Task Open_StoreOrDirectoryOfANewerFormat_IsRefused()
    {
        await using var store = new StoredFixture("v1.tar.gz");
        store.Execute("UPDATE mlops_store SET format = 7");
        FluentActions.Invoking(() => store.Open()).Should().Throw<InvalidDefinitionException>().WithMessage("*has format 7*Update the MlOps packages*");
        store.Execute("UPDATE mlops_store SET format = 1");
        var stamp = Path.Combine(store.Root, "environment.json");
        File.WriteAllText(stamp, File.ReadAllText(stamp).Replace("\"format\": 1", "\"format\": 7", StringComparison.Ordinal));
        FluentActions.Invoking(() => store.Open()).Should().Throw<InvalidDefinitionException>().WithMessage("*has format 7*Update the MlOps packages*");
    }

    [Fact]
    public async Task Migration_ThatFailsInItsMiddle_LeavesTheOldVersion()
    {
        await using var store = new StoredFixture("v1.tar.gz");
        var context = store.Open();
        var broken = new MetadataSchema("registry", [.. RegistrySchema.Current.Migrations, "CREATE TABLE registry_half (id BIGINT);\nINSERT INTO registry_nothing VALUES (1)"]);
        await context.Metadata.Invoking(metadata => metadata.MigrateAsync(broken).AsTask()).Should().ThrowAsync<MlOpsException>();
        await store.CloseAsync();
        store.Versions()["registry"].Should().Be(1);
        store.Invoking(s => s.Execute("SELECT * FROM registry_half")).Should().Throw<Microsoft.Data.Sqlite.SqliteException>();
        store.Invoking(s => s.Execute("SELECT * FROM registry_signatures")).Should().Throw<Microsoft.Data.Sqlite.SqliteException>("the entries before the broken one went with it");
        await ReadEverythingAsync(store.Open());
    }

    [Fact]
    public async Task Migration_CutOffByACrash_LeavesTheOldVersion()
    {
        await using var store = new StoredFixture("v1.tar.gz");
        using var image = new TemporaryDirectory();
        using (var database = StoredFixture.Connect(store.Database))
        {
            // So small a cache that the transaction's pages reach the log before it ends: what a kill leaves behind.
            Run(database, "PRAGMA journal_mode=WAL");
            Run(database, "PRAGMA cache_size=1");
            Run(database, "BEGIN IMMEDIATE");
            foreach (var schema in (MetadataSchema[])[RegistrySchema.Current, ExperimentsSchema.Current])
            {
                foreach (var migration in schema.Migrations.Skip(1))
                    Run(database, SqlDialect.Sqlite.Translate(migration));
                Run(database, $"UPDATE mlops_schema SET version = {schema.Migrations.Count} WHERE area = '{schema.Area}'");
            }

            CopyDirectory(store.Root, image.Path);
            new FileInfo(image["metadata.db-wal"]).Length.Should().BeGreaterThan(10_000, "pages of the transaction are in the log");
        }

        StoredFixture.ReadVersions(image["metadata.db"]).Should().OnlyContain(pair => pair.Value == 1);
        await ReadEverythingAsync(store.Open(directory: image.Path));
    }

    private static async Task<Dictionary<string, long>> FreshVersionsAsync()
    {
        await using var fresh = new TestEnvironment();
        await new SqlModelRegistry(fresh.Context).ListModelsAsync();
        await new SqlExperiments(fresh.Context).ListExperimentsAsync();
        var versions = StoredFixture.ReadVersions(Path.Combine(fresh.Directory, "metadata.db"));
        versions["registry"].Should().Be(RegistrySchema.Current.Migrations.Count);
        return versions;
    }

    private static async Task ReadEverythingAsync(EnvironmentContext context)
    {
        var (models, experiments) = (new SqlModelRegistry(context), new SqlExperiments(context));
        (await models.ListModelsAsync()).Should().Equal("churn", "eta");
        var versions = await models.ListAsync("churn");
        versions.Select(version => version.Version).Should().Equal(3, 2, 1);
        var (third, second, first) = (versions[0], versions[1], versions[2]);

        first.Manifest.Digest.Should().Be("sha256:4de761ae26dad7d965644ccf2d40909334462c22630ccad2f3c6739e8ed404a8", "the bytes of a manifest do not change from version to version");
        first.Metrics.Should().BeEquivalentTo(new Dictionary<string, double> { ["auc"] = 0.8125, ["loss"] = double.NaN, ["gain"] = double.PositiveInfinity });
        first.Tags.Should().BeEquivalentTo(new Dictionary<string, string> { ["owner"] = "ads", ["note"] = "ü — 東京 🚲" });
        first.Description.Should().Be("# Churn\n\nA card with 'quotes' and ü.");
        (first.CreatedAt, first.CreatedBy).Should().Be((Start + TimeSpan.FromSeconds(1), "ada"));
        models.CheckCompleteness(first).Missing.Should().BeEmpty();
        first.Signature.Should().BeEquivalentTo(new ModelSignature([new TensorSpec("features", "float", ["N", "3"])], [new TensorSpec("scores", "float", ["N", "1"])], ["a", "b", "c"]));
        var definition = first.Find(ModelArtifactKind.Definition, "definition")!;
        System.Text.Encoding.UTF8.GetString(await context.Artifacts.GetBytesAsync(definition.Content)).Should().Be("""{"kind":"Definition"}""");
        OnnxModelReader.Read(await context.Artifacts.GetBytesAsync(first.Find(ModelArtifactKind.Functions, "predict")!.Content)).GraphName.Should().Be("linear");
        (await models.RegisterAsync(new ModelVersionDraft { Model = "churn", Key = "churn-1", Artifacts = [], Signature = first.Signature })).Version.Should().Be(1, "the key is remembered");

        second.Provenance.Should().Be(new ModelProvenance("sandbox", "churn:7", "sha256:" + new string('a', 64), "CopyModel"));
        second.Tags.Should().Equal(new Dictionary<string, string> { ["owner"] = "ads" });
        (await context.Artifacts.GetBytesAsync(third.Artifacts.Single().Content)).Should().Equal(StoreFixture.Large());
        using (var part = await context.Artifacts.OpenRangeAsync(third.Artifacts.Single().Content.ParsedDigest, 3 << 20, 2))
            new[] { (byte)part.ReadByte(), (byte)part.ReadByte() }.Should().Equal(StoreFixture.Large()[(3 << 20)..((3 << 20) + 2)]);

        (await models.GetAliasesAsync("churn")).Should().Equal(new Dictionary<string, int> { ["champion"] = 2 });
        (await models.GetAliasHistoryAsync("churn")).Select(move => (move.Alias, move.From, move.To, move.Reason, (move.At - Start).TotalSeconds, move.By)).Should().Equal(
            ("champion", null, 1, "first", 2, "ada"), ("champion", 1, 2, "better auc", 3, "ada"), ("challenger", null, 3, "to be tried", 3, "ada"), ("challenger", 3, null, "not good", 4, "ada"));
        (await models.FindAliasAtAsync("churn", "champion", Start + TimeSpan.FromSeconds(2.5)))!.To.Should().Be(1);

        var runs = (await experiments.ListRunsAsync("training")).ToDictionary(run => run.Name);
        runs.Keys.Should().BeEquivalentTo("nightly", "fold", "open");
        var nightly = runs["nightly"];
        (nightly.Status, nightly.Attempt, nightly.StartedAt, nightly.EndedAt, nightly.Error).Should().Be((RunStatus.Completed, 0, Start, Start + TimeSpan.FromSeconds(1), null));
        first.RunId.Should().Be(nightly.Id);
        nightly.Parameters.Should().Equal(new Dictionary<string, string> { ["l2"] = "0.1" });
        nightly.Tags.Should().Equal(new Dictionary<string, string> { ["team"] = "ads" });
        nightly.Inputs.Should().Equal(new RunInput("flights", "sha256:" + new string('b', 64), "training"));
        nightly.Metrics.Should().BeEquivalentTo(new Dictionary<string, double> { ["curve"] = 99.75, ["odd"] = double.NaN, ["auc"] = 0.8125 });
        System.Text.Encoding.UTF8.GetString(await context.Artifacts.GetBytesAsync(nightly.Artifacts["reports/test.json"])).Should().Be("""{"auc":0.8125}""");
        (await experiments.GetMetricHistoryAsync(nightly.Id, "curve")).Should().Equal(
            Enumerable.Range(0, 400).Select(step => new MetricPoint(step, step < 300 ? Start : Start + TimeSpan.FromSeconds(1), step / 4.0)));
        (await experiments.GetMetricHistoryAsync(nightly.Id, "odd")).Select(point => point.Value).Should().Equal(double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.NaN);

        (runs["fold"].Status, runs["fold"].ParentRunId, runs["fold"].Metrics["auc"]).Should().Be((RunStatus.Failed, nightly.Id, 0.5));
        runs["fold"].Error.Should().Contain("The fold was empty.");
        (runs["open"].Status, runs["open"].Metrics["loss"]).Should().Be((RunStatus.Lost, 2.0));
        (await experiments.ListExperimentsAsync()).Should().ContainSingle().Which.Should().Match<ExperimentRecord>(
            experiment => experiment.Name == "training" && experiment.Runs == 3 && experiment.CreatedAt == Start && experiment.CreatedBy == "ada" && experiment.Description == "");

        (await context.Events.ReadAsync(typePrefix: "registry.")).Select(e => $"{e.Type} {e.Subject}").Should().Equal(
            "registry.version.registered churn", "registry.version.registered churn", "registry.version.registered churn", "registry.version.registered eta",
            "registry.tags.changed churn", "registry.tags.changed churn",
            "registry.alias.moved churn", "registry.alias.moved churn", "registry.alias.moved churn", "registry.alias.moved churn");
        (await context.Audit.VerifyAsync()).Should().BeNull();
    }

    private static void Run(Microsoft.Data.Sqlite.SqliteConnection database, string sql)
    {
        using var command = database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static void CopyDirectory(string from, string to)
    {
        foreach (var path in Directory.GetFiles(from, "*", SearchOption.AllDirectories).Where(path => !path.EndsWith("-shm", StringComparison.Ordinal)))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, path));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(path, copy);
        }
    }
}
