using System.Data;

namespace MlOps.Tests.Data;

public sealed class DataFrameTests
{
    private static readonly DataFrame Flights = new(
        DataColumn.FromText("origin", "ORD", "JFK", null, "ORD"),
        DataColumn.FromNullable<int>("delay", 20, -5, 3, null),
        DataColumn.Create("at", new[] { Timestamp.Utc(2001, 1, 3), Timestamp.Utc(2001, 1, 1), Timestamp.Utc(2001, 1, 2), Timestamp.Utc(2001, 1, 4) }));

    [Fact]
    public void Sort_ByTextAndTime_AcceptsPlainNamesAndKeys() =>
        Flights.Sort("origin", SortKey.Down("at")).Column<Timestamp>("at").Span.ToArray().Should().Equal(
            Timestamp.Utc(2001, 1, 1), Timestamp.Utc(2001, 1, 4), Timestamp.Utc(2001, 1, 3), Timestamp.Utc(2001, 1, 2));

    [Fact]
    public void WithColumn_FromRowsAndFromAColumn_ComputesAndKeepsNulls()
    {
        var frame = Flights
            .WithColumn("late", "delay", (int delay) => delay > 15)
            .WithColumn("label", row => row.IsNull("origin") ? null! : row.Get<string>("origin") + row.GetOrDefault("delay", 0));

        Frames.Rows(frame.Select("late", "label")).Should().BeEquivalentTo(new object?[][] { [true, "ORD20"], [false, "JFK-5"], [false, null], [null, "ORD0"] });
        frame.Without("late", "label").Columns.Should().HaveCount(3);
    }

    [Fact]
    public void FromRowsAndToRows_AreInverse()
    {
        (string? Origin, int? Delay, bool Late)[] rows = [("ORD", 20, true), (null, null, false)];
        var frame = DataFrame.FromRows(rows, map => map.Column("origin", row => row.Origin).Nullable("delay", row => row.Delay).Column("late", row => row.Late));

        frame.Columns.Select(column => column.Type).Should().Equal(DataType.String, DataType.Int32, DataType.Boolean);
        frame.ToRows(row => (row.IsNull("origin") ? null : row.Get<string>("origin"), row.GetNullable<int>("delay"), row.Get<bool>("late"))).Should().Equal(rows);
        var read = () => frame.ToRows(row => row.Get<int>("delay")).ToList();
        read.Should().Throw<InvalidInputException>().WithMessage("*Row 1*'delay'*");
    }

    [Fact]
    public void ToMatrix_OfMixedColumns_IsRowMajorWithNaN()
    {
        var frame = Flights.WithColumn("late", "delay", (int delay) => delay > 15).WithColumn("x", row => row.Index * 0.5);
        frame.ToMatrix("x", "late", "delay").Should().Equal(0f, 1f, 20f, 0.5f, 0f, -5f, 1f, 0f, 3f, 1.5f, float.NaN, float.NaN);

        var text = () => frame.ToMatrix("origin");
        text.Should().Throw<InvalidInputException>().WithMessage("*'origin' holds String*");
        var small = () => frame.CopyTo(new float[3], "x");
        small.Should().Throw<InvalidInputException>().WithMessage("*4 rows times 1*room for 3*");
    }

    [Fact]
    public void SplitByKey_ManyKeys_ComesNearTheSharesAndNeverChanges()
    {
        var frame = new DataFrame(DataColumn.Create("id", Enumerable.Range(0, 20_000).Select(i => (long)i).ToArray()));
        var parts = frame.SplitByKey("id", [0.8, 0.2]);

        ((double)parts[1].RowCount).Should().BeInRange(3_800, 4_200);
        parts[1].Column<long>("id").Span[..8].ToArray().Should().Equal(StoredSplit, "stored splits depend on the hash");
        frame.SplitByKey("id", [0.8, 0.2], salt: 1)[1].Column<long>("id").Span[..8].ToArray().Should().NotEqual(StoredSplit);
    }

    [Fact]
    public void StandardDeviation_OfAPublishedSample_IsExact()
    {
        // NIST's statistical reference data set NumAcc1: mean 10000002, standard deviation 1.
        var frame = new DataFrame(DataColumn.Create("k", new[] { 1, 1, 1 }), DataColumn.Create("x", new[] { 10000001.0, 10000003.0, 10000002.0 }));
        var row = frame.GroupBy("k").Aggregate(Aggregation.Mean("x"), Aggregation.StandardDeviation("x"));

        row.Column<double>("x_mean")[0].Should().Be(10000002);
        row.Column<double>("x_std")[0].Should().BeApproximately(1, 1e-12);
    }

    [Fact]
    public void Join_OfDifferentKeyTypesOrSharedColumns_SaysWhatToDo()
    {
        var other = new DataFrame(DataColumn.FromText("delay", "20"));
        var types = () => Flights.Join(other, ["delay"]);
        types.Should().Throw<InvalidInputException>().WithMessage("*'delay' holds Int32 on the left and String on the right*");
        var twice = () => Flights.Join(Flights, ["origin"]);
        twice.Should().Throw<InvalidInputException>().WithMessage("*'delay' stands in both*");
    }

    [Fact]
    public void Concat_OfDifferentColumns_NamesThem()
    {
        var concat = () => DataFrame.Concat(Flights, Flights.Select("delay", "origin", "at"));
        concat.Should().Throw<InvalidInputException>().WithMessage("*Column 0 is 'origin' (String)*'delay' (Int32)*");
    }

    [Fact]
    public async Task ReadDatabase_OfEveryFieldType_GivesItsColumn()
    {
        using var table = new DataTable();
        foreach (var type in new[] { typeof(bool), typeof(byte), typeof(short), typeof(int), typeof(long), typeof(float), typeof(double), typeof(decimal), typeof(string), typeof(DateTime), typeof(Guid) })
            table.Columns.Add(type.Name, type);
        var id = Guid.NewGuid();
        table.Rows.Add(true, (byte)1, (short)2, 3, 4L, 0.5f, 0.25, 1.5m, "text", new DateTime(2001, 2, 3), id);
        table.Rows.Add(new object?[11].Select(_ => (object)DBNull.Value).ToArray());
        await using var reader = table.CreateDataReader();
        var frame = await DataFrame.ReadDatabaseAsync(reader, new DatabaseReadOptions { AssumedZone = TimeZoneInfo.Utc });

        Frames.Rows(frame)[0].Should().Equal(true, 1, 2, 3, 4L, 0.5f, 0.25, 1.5, "text", Timestamp.Utc(2001, 2, 3), id.ToString());
        Frames.Rows(frame)[1].Should().OnlyContain(value => value == null);
    }

    private static readonly long[] StoredSplit = [12, 13, 25, 29, 35, 37, 40, 45];
}
