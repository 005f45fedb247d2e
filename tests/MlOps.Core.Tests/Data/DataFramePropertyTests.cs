using FsCheck;
using FsCheck.Fluent;

namespace MlOps.Tests.Data;

public sealed class DataFramePropertyTests
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(150);

    [Fact]
    public void Slice_AnyRange_IsTheRowsOfThatRange() => ForAll((frame, random) =>
    {
        var start = random.Next(frame.RowCount + 1);
        var length = random.Next(frame.RowCount - start + 1);
        Frames.ShouldEqual(Frames.Rows(frame.Slice(start, length)), Frames.Rows(frame)[start..(start + length)]);
        frame.Slice(start, length).Columns.Should().OnlyContain(column => column.NullCount == Enumerable.Range(0, length).Count(column.IsNull));
    });

    [Fact]
    public void Take_AnyRows_AreThoseRowsAndNullsForMinusOne() => ForAll((frame, random) =>
    {
        var rows = Enumerable.Range(0, frame.RowCount == 0 ? 0 : random.Next(200)).Select(_ => random.Next(-1, frame.RowCount)).ToArray();
        var model = Frames.Rows(frame);
        Frames.ShouldEqual(Frames.Rows(frame.Take(rows)), [.. rows.Select(row => row < 0 ? new object?[7] : model[row])]);
    });

    [Fact]
    public void Filter_AnyMask_KeepsThoseRowsInOrder() => ForAll((frame, random) =>
    {
        var mask = Enumerable.Range(0, frame.RowCount).Select(_ => random.Next(2) == 0).ToArray();
        Frames.ShouldEqual(Frames.Rows(frame.Filter(mask)), [.. Frames.Rows(frame).Where((_, row) => mask[row])]);
        Frames.ShouldEqual(frame.Filter<int>("small", value => value > 0), frame.Filter(row => !row.IsNull("small") && row.Get<int>("small") > 0));
        Frames.ShouldEqual(Frames.Rows(frame.DropNulls("text", "real")), [.. Frames.Rows(frame).Where(row => row[5] is not null && row[4] is not null)]);
    });

    [Fact]
    public void Sort_ByAnyKeys_AgreesWithAStableSortOfRows() => ForAll((frame, random) =>
    {
        var keys = Enumerable.Range(0, 7).OrderBy(_ => random.Next()).Take(random.Next(1, 4)).Select(i => new SortKey(frame.Columns[i].Name, random.Next(2) == 0)).ToArray();
        IOrderedEnumerable<object?[]> model = Frames.Rows(frame).OrderBy(_ => 0);
        foreach (var key in keys)
        {
            var i = frame.Columns.ToList().FindIndex(column => column.Name == key.Column);
            model = model.ThenBy(row => row[i] is null);
            var order = Comparer<object?>.Create((a, b) => a is null || b is null ? 0 : Compare(a, b));
            model = key.Descending ? model.ThenByDescending(row => row[i], order) : model.ThenBy(row => row[i], order);
        }

        Frames.ShouldEqual(Frames.Rows(frame.Sort(keys)), [.. model]);
    });

    [Fact]
    public void Concat_OfAnyCut_IsTheWhole() => ForAll((frame, random) =>
    {
        var cut = random.Next(frame.RowCount + 1);
        Frames.ShouldEqual(DataFrame.Concat(frame.Slice(0, cut), frame.Slice(cut, frame.RowCount - cut)), frame);
    });

    [Fact]
    public void Join_OnAnyKeys_AgreesWithNestedLoops() => ForAll((left, random) =>
    {
        var right = Frames.Make(random.Next(40), random.Next());
        string[] keys = random.Next(2) == 0 ? ["text"] : ["small", "flag"];
        right = new DataFrame(right.Columns.Select(column => keys.Contains(column.Name) ? column : column.Rename("right_" + column.Name)));
        foreach (var kind in Enum.GetValues<JoinKind>())
        {
            var expected = new List<object?[]>();
            var payload = right.Columns.Where(column => !keys.Contains(column.Name)).ToArray();
            for (var i = 0; i < left.RowCount; i++)
            {
                var matches = Enumerable.Range(0, right.RowCount).Where(j => keys.All(key => left[key].GetValue(i) is { } value && value.Equals(right[key].GetValue(j)))).ToList();
                if (matches.Count == 0 && kind == JoinKind.Left)
                    matches.Add(-1);
                expected.AddRange(matches.Select(j => left.Columns.Select(column => column.GetValue(i)).Concat(payload.Select(column => j < 0 ? null : column.GetValue(j))).ToArray()));
            }

            Frames.ShouldEqual(Frames.Rows(left.Join(right, keys, kind)), [.. expected]);
        }
    });

    [Fact]
    public void GroupBy_AnyKeys_AgreesWithLinq() => ForAll((frame, random) =>
    {
        string[] keys = random.Next(2) == 0 ? ["text"] : ["small", "text"];
        var indexes = keys.Select(key => frame.Columns.ToList().FindIndex(column => column.Name == key)).ToArray();
        var expected = Frames.Rows(frame).GroupBy(row => string.Join('|', indexes.Select(i => row[i] is null ? "null" : "=" + row[i]))).Select(group =>
        {
            var first = group.First();
            var smalls = group.Select(row => row[1]).OfType<int>().ToArray();
            var times = group.Select(row => row[6]).OfType<Timestamp>().ToArray();
            object? mean = smalls.Length == 0 ? null : smalls.Average();
            return indexes.Select(i => first[i]).Concat(
            [
                (long)group.Count(), (long)smalls.Length, smalls.Length == 0 ? null : (double)smalls.Sum(), mean,
                times.Length == 0 ? null : times.Min(), times.Length == 0 ? null : times.Max(), group.Select(row => row[5]).FirstOrDefault(text => text is not null),
                (long)group.Select(row => row[1]).Where(value => value is not null).Distinct().Count(),
            ]).ToArray();
        }).ToArray();

        var actual = frame.GroupBy(keys).Aggregate(
            Aggregation.Count(), Aggregation.CountValues("small"), Aggregation.Sum("small"), Aggregation.Mean("small"), Aggregation.Min("at"), Aggregation.Max("at"),
            Aggregation.First("text", "first"), Aggregation.CountDistinct("small"));
        Frames.ShouldEqual(Frames.Rows(actual), expected);
    });

    [Fact]
    public void SplitByKey_AnyFrame_KeepsKeysTogetherAndLosesNothing() => ForAll((frame, random) =>
    {
        var salt = random.Next(3);
        var parts = frame.SplitByKey("text", [0.5, 0.3, 0.2], salt);
        parts.Sum(part => part.RowCount).Should().Be(frame.RowCount);
        var keys = parts.Select(part => Enumerable.Range(0, part.RowCount).Select(i => part["text"].GetValue(i) ?? "<null>").ToHashSet()).ToArray();
        keys[0].Overlaps(keys[1]).Should().BeFalse();
        keys[0].Overlaps(keys[2]).Should().BeFalse();
        keys[1].Overlaps(keys[2]).Should().BeFalse();
        Frames.ShouldEqual(frame.Sort("large").SplitByKey("text", [0.5, 0.3, 0.2], salt)[0], parts[0].Sort("large"));
    });

    [Fact]
    public void SplitByTime_AnyFrame_CutsAtTheBoundaries() => ForAll((frame, _) =>
    {
        var parts = frame.SplitByTime("at", new Timestamp(-1_000_000), new Timestamp(1_000_000));
        var rows = Frames.Rows(frame);
        Frames.ShouldEqual(Frames.Rows(parts[0]), [.. rows.Where(row => row[6] is Timestamp at && at.Microseconds < -1_000_000)]);
        Frames.ShouldEqual(Frames.Rows(parts[1]), [.. rows.Where(row => row[6] is Timestamp at && at.Microseconds is >= -1_000_000 and < 1_000_000)]);
        Frames.ShouldEqual(Frames.Rows(parts[2]), [.. rows.Where(row => row[6] is Timestamp at && at.Microseconds >= 1_000_000)]);
    });

    [Fact]
    public void Csv_AnyFrame_ReadsBackTheSame() => ForAll((frame, random) =>
    {
        var options = new CsvOptions
        {
            Types = frame.Columns.ToDictionary(column => column.Name, column => column.Type),
            Delimiter = random.Next(2) == 0 ? ',' : ';',
            NullText = random.Next(2) == 0 ? "" : "null",
        };
        var writer = new StringWriter();
        frame.WriteCsv(writer, options);
        Frames.ShouldEqual(DataFrame.ReadCsv(new StringReader(writer.ToString()), options), frame);
    });

    [Fact]
    public void Stored_AnyFrameInAnyBatches_ReadsBackTheSameAndInTheSameBytes() => ForAll((frame, random) =>
    {
        using var stream = new MemoryStream();
        using (var writer = new FrameWriter(stream))
        {
            writer.Write(frame.Slice(0, 0));
            for (var at = 0; at < frame.RowCount;)
            {
                var rows = Math.Min(frame.RowCount - at, random.Next(1, 60));
                writer.Write(frame.Slice(at, rows));
                at += rows;
            }

            writer.Finish();
        }

        stream.Position = 0;
        Frames.ShouldEqual(DataFrame.Load(stream), frame);
        using var once = new MemoryStream();
        frame.Save(once);
        using var copy = new MemoryStream();
        frame.Take(Enumerable.Range(0, frame.RowCount).ToArray()).Save(copy);
        copy.ToArray().Should().Equal(once.ToArray(), "equal frames give equal bytes, whatever they are slices of");
    });

    [Fact]
    public void Stored_AnyDamage_IsFound() => ForAll((frame, random) =>
    {
        using var stream = new MemoryStream();
        frame.Save(stream);
        var bytes = stream.ToArray();
        for (var i = 0; i < 20; i++)
        {
            var bad = bytes.ToArray();
            bad[random.Next(bad.Length)] ^= (byte)(1 << random.Next(8));
            Assert.Throws<CorruptDataException>(() => DataFrame.Load(new MemoryStream(bad)));
            Assert.Throws<CorruptDataException>(() => DataFrame.Load(new MemoryStream(bytes[..random.Next(bytes.Length)])));
        }
    });

    private static int Compare(object a, object b) => (a, b) switch
    {
        (string x, string y) => string.CompareOrdinal(x, y),
        (double x, double y) => Real(x, y),
        (float x, float y) => Real(x, y),
        (Timestamp x, Timestamp y) => x.CompareTo(y),
        (IComparable x, _) => x.CompareTo(b),
        _ => throw new InvalidOperationException(),
    };

    private static int Real(double x, double y) => double.IsNaN(x) || double.IsNaN(y) ? double.IsNaN(x).CompareTo(double.IsNaN(y)) : x.CompareTo(y);

    private static void ForAll(Action<DataFrame, Random> property) =>
        Prop.ForAll(Frames.Arbitrary, frame => property(frame, new Random(Frames.Seed(frame)))).Check(Many);
}
