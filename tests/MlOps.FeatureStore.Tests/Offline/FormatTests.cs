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
            var version = path.Contains("snapshot", StringComparison.Ordinal) ? 4 : 2;
            var stored = Fixture.Of($"{Path.GetFileNameWithoutExtension(path)}-v{version}.bin", files.Bytes(path));
            files.Bytes(path).Should().Equal(stored);
            files.SetBytes(path, stored);
        }

        using var again = new OnlineView(files, "/o", View.Plan, options, TimeProvider.System);
        await again.OpenAsync(default);
        again.Checkpoint!.Sources.Should().Equal(new Dictionary<string, long> { ["source"] = 7 });
        var state = again.State!;
        var values = new float[2];
        var program = state.Program([0, 1]);
        state.Read(state.Find("A", "x"), 6_000_000, program, values);
        values.Should().Equal(-1.5f, 2.5f);
        state.Read(state.Find("A", "x"), 4_999_999, program, values).Should().BeTrue("the newest row was not known yet, and that is kept");
        values.Should().Equal(-3f, float.NaN);
    }
}
