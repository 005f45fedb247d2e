namespace MlOps.Features.Tests;

public sealed class FormatTests
{
    private static readonly RawRow[] Rows =
    [
        new("A", "x", 1_000_000, 5_000_000, 1.5, true, 2.5), new("B", "y", 2_000_000, null, null, null, null), new("A", "x", 500_000, 600_000, -3, false, double.NaN),
    ];

    private static FeatureView View { get; } = FeatureView.Define("format").Key("k1").Key("k2").EventTime("at").AvailableAt("known")
        .Aggregate("delay", [AggregateFunction.Sum], scale: 10, windows: FeatureWindow.Hours(1)).LastValue("level").Build();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task OnlineFiles_AreWrittenAndReadAsEver(int snapshotBytes)
    {
        var files = new MemoryFiles();
        var options = new FeatureStoreOptions { SnapshotLogBytes = snapshotBytes == 0 ? 1 << 20 : 1 };
        using (var online = new OnlineView(files, "/o", View.Plan, options, TimeProvider.System))
            await online.PushAsync(new PushRecord("source", 7, RowBatchReader.Read(View.Plan, RawRow.Frame(Rows))), default);
        foreach (var path in files.ListFiles("/o"))
        {
            var version = path.Contains("snapshot", StringComparison.Ordinal) ? 2 : 1;
            var stored = Fixture.Of($"{Path.GetFileNameWithoutExtension(path)}-v{version}.bin", files.Bytes(path));
            files.Bytes(path).Should().Equal(stored);
            files.SetBytes(path, stored);
        }

        using var again = new OnlineView(files, "/o", View.Plan, options, TimeProvider.System);
        await again.OpenAsync(default);
        again.Checkpoint!.Sources.Should().Equal(new Dictionary<string, long> { ["source"] = 7 });
        var state = again.State!;
        var values = new float[2];
        state.Read(state.Keys.Next(state.Keys.First("A"), 1, "x"), 6_000_000, [0, 1], values);
        values.Should().Equal(-1.5f, 2.5f);
        state.Read(state.Keys.Next(state.Keys.First("A"), 1, "x"), 4_999_999, [0, 1], values).Should().BeTrue("the newest row was not known yet, and that is kept");
        values.Should().Equal(-3f, float.NaN);
    }

    [Fact]
    public async Task SnapshotOfVersion1_IsReadAndIsExactFromItsNewestAvailability()
    {
        var files = new MemoryFiles();
        files.CreateDirectory("/o");
        foreach (var name in new[] { "snapshot-0000000001", "log-0000000001" })
        {
            using var file = files.CreateNew($"/o/{name}.bin");
            file.Write(Fixture.Read(name + "-v1.bin"));
            file.Flush();
        }

        var options = new FeatureStoreOptions { SnapshotLogBytes = 1, ReadLag = TimeSpan.FromSeconds(3), SettlingRows = 1 };
        for (var opened = 0; opened < 2; opened++)
        {
            using var online = new OnlineView(files, "/o", View.Plan, options, TimeProvider.System);
            await online.OpenAsync(default);
            online.Checkpoint!.Sources.Should().Equal(new Dictionary<string, long> { ["source"] = 7 + opened });
            var state = online.State!;
            state.ExactFrom.Should().Be(5_000_000, "which of its rows were known when is not in it");
            var entity = state.Keys.Next(state.Keys.First("A"), 1, "x");
            var values = new float[2];
            state.Read(entity, 5_000_000, [0, 1], values).Should().BeTrue();
            values.Should().Equal(-1.5f, 2.5f);
            state.Read(entity, 4_999_999, [0, 1], values).Should().BeFalse();
            if (opened > 0)
            {
                state.Read(entity, 7_999_999, [0, 1], values).Should().BeTrue();
                values.Should().Equal(-1.5f, 2.5f);
                state.Read(entity, 8_000_000, [0, 1], values).Should().BeTrue();
                values.Should().Equal(8.5f, 4f);
                continue;
            }

            // The next snapshot is of the current version and remembers from where on it is exact.
            await online.PushAsync(new PushRecord("source", 8, RowBatchReader.Read(View.Plan, RawRow.Frame([new("A", "x", 6_000_000, 8_000_000, 10, true, 4)]))), default);
        }

        files.ListFiles("/o").Should().Contain("/o/snapshot-0000000002.bin");
    }
}
