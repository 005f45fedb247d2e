namespace MlOps.Features.Tests;

public sealed class SegmentTests
{
    private const string File = "/s/a.seg";

    private static readonly RawRow[] Rows =
    [
        new("A", "x", 1_000_000, 5_000_000, 1.5, true, 2.5, "déjà", 7), new("B", "y", 2_000_000, null, null, null, null), new("A", "x", 500_000, 600_000, -3, false, double.NaN, "vu", null),
        new("A", "", 700_000, 700_000, 2, false, 1, "déjà", long.MinValue + 1),
    ];

    private static FeatureView View { get; } = FeatureView.Define("format").Key("k1").Key("k2").EventTime("at").AvailableAt("known")
        .Aggregate("delay", [AggregateFunction.Sum], scale: 10, windows: FeatureWindow.Hours(1))
        .Aggregate("label", [FeatureAggregate.DistinctCount(16)], windows: FeatureWindow.Hours(1))
        .LastValue("level").LastValue("level", name: "precise", type: DataType.Float64).LastValue("label", type: DataType.String)
        .LastValue("number", type: DataType.Int64).LastValue("late", type: DataType.Boolean).LastValue("seen", type: DataType.Timestamp).Build();

    [Fact]
    public void SegmentOfVersion2_IsWrittenAndReadAsEver()
    {
        var files = new MemoryFiles();
        Write(files, Rows);
        var stored = Fixture.Of("segment-v2.bin", files.Bytes(File));
        files.Bytes(File).Should().Equal(stored);
        files.SetBytes(File, stored);
        var reader = SegmentReader.Open(files, File, View.Plan);
        Describe(reader).Should().Equal(
            "A/ 700000 700000 20 1 1 déjà -9223372036854775807 False",
            "A/x 500000 600000 -30 NaN NaN vu null False",
            "A/x 1000000 5000000 15 2.5 2.5 déjà 7 True",
            "B/y 2000000 2000000 null NaN NaN null null null");
        foreach (var (key, local) in new[] { (new[] { "A", "" }, 0), (["A", "x"], 1), (["B", "y"], 2), (["B", "x"], -1), (["", ""], -1) })
            reader.Find(KeyBytes.Of(key), KeyBytes.Hash(KeyBytes.Of(key))).Should().Be(local);
        reader.FindDamages().Should().BeEmpty();
        reader.Release();
    }

    [Fact]
    public void SegmentOfVersion1_IsRefusedWithItsVersion()
    {
        var files = new MemoryFiles();
        Write(files, Rows);
        var bytes = files.Bytes(File);
        bytes[8] = 1;
        files.SetBytes(File, bytes);
        var open = () => SegmentReader.Open(files, File, View.Plan);
        open.Should().Throw<CorruptDataException>().WithMessage("*'/s/a.seg'*version 1;*version 2 only*");
    }

    [Fact]
    public void Segment_WithAnyFlippedBit_IsRefusedOrUnchanged()
    {
        var files = new MemoryFiles();
        Write(files, Rows);
        var sound = files.Bytes(File);
        var expected = Describe(SegmentReader.Open(files, File, View.Plan));
        var refused = 0;
        for (var bit = 0; bit < sound.Length * 8; bit++)
        {
            var bad = sound.ToArray();
            bad[bit >> 3] ^= (byte)(1 << (bit & 7));
            files.SetBytes(File, bad);
            SegmentReader? reader = null;
            var isFound = false;
            try
            {
                reader = SegmentReader.Open(files, File, View.Plan);
                isFound = reader.FindDamages().Count > 0;
                // Padding carries no meaning, and what is read here does not look anything up by key.
                Describe(reader).Should().Equal(expected, $"bit {bit} is flipped");
            }
            catch (CorruptDataException error)
            {
                error.Message.Should().Contain(File);
                (reader is null || isFound).Should().BeTrue($"a check finds what a read of bit {bit} finds");
                isFound = true;
            }
            finally
            {
                reader?.Release();
            }

            refused += isFound ? 1 : 0;
        }

        refused.Should().BeGreaterThan(sound.Length * 8 / 2, "the rest is padding");
    }

    [Fact]
    public void Segment_WithADamagedGroup_NamesItsRowsAndEntitiesAndAnswersForOthers()
    {
        var files = new MemoryFiles();
        var rows = Enumerable.Range(0, 3_000).Select(i => new RawRow($"K{i % 300:d3}", "x", i * 1_000L, null, i, true, i, "label", i)).ToArray();
        Write(files, rows, shift: 6);
        var bytes = files.Bytes(File);
        var expected = Describe(SegmentReader.Open(files, File, View.Plan));
        // The first group begins behind the header.
        bytes[300] ^= 8;
        files.SetBytes(File, bytes);
        var reader = SegmentReader.Open(files, File, View.Plan);
        reader.FindDamages().Should().ContainSingle().Which.Should().Contain("row group 0").And.Contain("rows 0 to 63").And.Contain("entities 0 to 6");
        var read = () => reader.EventOf(0);
        read.Should().Throw<CorruptDataException>().WithMessage("*'/s/a.seg'*row group 0*entities 0 to 6*other segments are not affected*");
        Describe(reader, first: 7).Should().Equal(expected.Skip(70));
        reader.Release();
    }

    [Fact]
    public void Segment_OfManyGroupsAndKeys_FindsEveryEntityAndRow()
    {
        var files = new MemoryFiles();
        var random = new Random(3);
        var rows = Enumerable.Range(0, 20_000).Select(i => new RawRow(
            random.Next(4) == 0 ? "" : "key\0" + random.Next(3000), random.Next(3) == 0 ? "ß\0" : "x", random.Next(1_000_000), random.Next(3) == 0 ? null : random.Next(2_000_000),
            random.Next(9) == 0 ? null : random.Next(-100_000, 100_000), random.Next(5) == 0 ? null : true, random.NextDouble(), random.Next(5) == 0 ? null : $"text {random.Next(500)}",
            random.Next(5) == 0 ? null : random.NextInt64())).ToArray();
        Write(files, rows);
        var reader = SegmentReader.Open(files, File, View.Plan);
        reader.Groups.Should().BeGreaterThan(10);
        var described = Describe(reader);
        var expected = rows.Select((row, at) => (row, at))
            .GroupBy(pair => string.Join('\n', KeyBytes.Of([pair.row.Key1, pair.row.Key2])!.Select(b => (char)b))).OrderBy(group => group.Key.Replace("\n", ""), StringComparer.Ordinal)
            .SelectMany(group => group.OrderBy(pair => pair.row.Event).ThenBy(pair => pair.row.Known).ThenBy(pair => pair.at)).Select(pair => Describe(pair.row)).ToList();
        for (var i = 0; i < expected.Count; i++)
            described[i].Should().Be(expected[i], $"row {i}");
        described.Should().HaveSameCount(expected);
        for (var local = 0; local < reader.Entities; local++)
        {
            var key = reader.Key(local).ToArray();
            reader.Find(key, KeyBytes.Hash(key)).Should().Be(local);
            KeyBytes.Of(KeyBytes.Decode(key, 2)).Should().Equal(key);
            reader.RowsOf(local, out var start, out var end);
            var events = Enumerable.Range(start, end - start).Select(reader.EventOf).ToArray();
            foreach (var moment in new[] { events[0], events[^1], events[^1] + 1, events[events.Length / 2] + 1, long.MinValue })
                reader.LowerBound(start, end, moment).Should().Be(start + events.Count(time => time < moment));
        }

        reader.Release();
    }

    [Fact]
    public void Key_ThatIsNoText_IsRefusedAtIngestionAndUnknownInReads()
    {
        var files = new MemoryFiles();
        var write = () => Write(files, [new("\uD800", "x", 1, null, 1, true, 1)]);
        write.Should().Throw<InvalidInputException>().WithMessage("*surrogate*");
        KeyBytes.Of(["\uD800", "x"]).Should().BeNull();
    }

    private static void Write(MemoryFiles files, IReadOnlyList<RawRow> rows, int? shift = null) =>
        SegmentWriter.Write(files, File, View.Plan, SortedRows.From(RowBatchReader.Read(View.Plan, RawRow.Frame(rows))), shift);

    private static string Describe(RawRow row) => FormattableString.Invariant(
        $"{row.Key1}/{row.Key2} {row.Event} {row.Known} {(row.Delay is { } delay ? (long)(delay * 10) : "null")} {(float)(row.Level ?? double.NaN)} {row.Level ?? double.NaN} {row.Label ?? "null"} {(object?)row.Number ?? "null"} {(object?)row.Late ?? "null"}");

    private static List<string> Describe(SegmentReader reader, int first = 0)
    {
        var lines = new List<string>();
        var units = new long[1];
        for (var local = first; local < reader.Entities; local++)
        {
            reader.RowsOf(local, out var start, out var end);
            for (var row = start; row < end; row++)
            {
                reader.CopyWords(View.Plan.Layout.FixedAt, row, units);
                var number = reader.PlainValue(3, DataType.Int64, row).ToObject();
                var seen = reader.PlainValue(5, DataType.Timestamp, row).ToObject();
                ((seen as Timestamp?)?.Microseconds).Should().Be((long?)number);
                lines.Add(FormattableString.Invariant(
                    $"{string.Join('/', KeyBytes.Decode(reader.Key(local), 2))} {reader.EventOf(row)} {reader.AvailableOf(row)} {(units[0] == ViewPlan.Missing ? "null" : units[0])} {(float)Number(0)} {Number(1)} {reader.PlainValue(2, DataType.String, row).ToObject() ?? "null"} {number ?? "null"} {reader.PlainValue(4, DataType.Boolean, row).ToObject() ?? "null"}"));

                double Number(int column) => reader.PlainValue(column, View.Plan.Plain[column].Type, row).ToDouble();
            }
        }

        return lines;
    }
}
