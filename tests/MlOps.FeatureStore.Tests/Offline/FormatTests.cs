namespace MlOps.Features.Tests;

public sealed class FormatTests
{
    private static readonly RawRow[] Rows =
    [
        new("A", "x", 1_000_000, 5_000_000, 1.5, true, 2.5), new("B", "y", 2_000_000, null, null, null, null), new("A", "x", 500_000, 600_000, -3, false, double.NaN),
    ];

    private static FeatureView View { get; } = FeatureView.Define("format").Key("k1").Key("k2").EventTime("at").AvailableAt("known")
        .Aggregate("delay", [AggregateFunction.Sum], scale: 10, windows: FeatureWindow.Hours(1)).LastValue("level").Build();

    [Fact]
    public void SegmentOfVersion1_IsWrittenAndReadAsEver()
    {
        var files = new MemoryFiles();
        SegmentWriter.Write(files, "/s/a.seg", View.Plan, SortedRows.From(RowBatchReader.Read(View.Plan, RawRow.Frame(Rows))));
        var written = files.Bytes("/s/a.seg");
        var stored = Fixture.Of("segment-v1.bin", written);
        written.Should().Equal(stored);
        files.SetBytes("/s/a.seg", stored);
        var reader = SegmentReader.Open(files, "/s/a.seg", View.Plan);
        reader.Keys(2).Should().BeEquivalentTo(new[] { new[] { "A", "B" }, new[] { "x", "y" } });
        reader.Event.ToArray().Should().Equal(500_000, 1_000_000, 2_000_000);
        reader.Available.ToArray().Should().Equal(600_000, 5_000_000, 2_000_000);
        reader.Fixed(0).ToArray().Should().Equal(-30, 15, ViewPlan.Missing);
        reader.Plain(0).ToArray().Should().Equal(float.NaN, 2.5f, float.NaN);
        reader.Release();
    }

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
            var version = path.Contains("snapshot", StringComparison.Ordinal) ? 3 : 2;
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

    [Fact]
    public void Segment_WithAnyFlippedBit_IsRefusedOrUnchanged()
    {
        var files = new MemoryFiles();
        SegmentWriter.Write(files, "/s/a.seg", View.Plan, SortedRows.From(RowBatchReader.Read(View.Plan, RawRow.Frame(Rows))));
        var sound = files.Bytes("/s/a.seg");
        var refused = 0;
        for (var bit = 0; bit < sound.Length * 8; bit++)
        {
            var bad = sound.ToArray();
            bad[bit >> 3] ^= (byte)(1 << (bit & 7));
            files.SetBytes("/s/a.seg", bad);
            SegmentReader? reader = null;
            try
            {
                reader = SegmentReader.Open(files, "/s/a.seg", View.Plan);
                reader.VerifyAll();
                // Only padding between sections carries no meaning.
                reader.Event.ToArray().Should().Equal(500_000, 1_000_000, 2_000_000);
            }
            catch (CorruptDataException error)
            {
                error.Message.Should().Contain("/s/a.seg");
                refused++;
            }
            finally
            {
                reader?.Release();
            }
        }

        refused.Should().BeGreaterThan(sound.Length * 8 / 3);
    }
}
