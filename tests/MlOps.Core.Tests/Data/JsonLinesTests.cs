using System.Data;
using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace MlOps.Tests.Data;

public sealed class JsonLinesTests
{
    [Fact]
    public void JsonLines_AnyFrame_ReadBackTheSameWholeAndInBatches() => Prop.ForAll(Frames.Arbitrary, frame =>
    {
        using var stream = new MemoryStream();
        frame.WriteJsonLines(stream);
        var text = Encoding.UTF8.GetString(stream.ToArray());
        var options = new JsonLinesOptions { Types = frame.Columns.ToDictionary(column => column.Name, column => column.Type) };
        var expected = Frames.Rows(frame).Select(row => row.Select(value => value is double.NaN or double.PositiveInfinity or double.NegativeInfinity or float.NaN or float.PositiveInfinity or float.NegativeInfinity ? null : value).ToArray()).ToArray();
        Frames.ShouldEqual(Frames.Rows(DataFrame.ReadJsonLines(new StringReader(text), options)), expected);
        if (frame.RowCount > 0)
            Frames.ShouldEqual(Frames.Rows(DataFrame.Concat(CsvTests.Batches(DataFrame.StreamJsonLinesAsync(new StringReader(text), options, 7)))), expected);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    [Fact]
    public void WriteJsonLines_AnyText_IsReadByAnotherReader()
    {
        var text = Gen.Choose(1, 0x10FFFF).Where(c => c is < 0xD800 or > 0xDFFF).ListOf().Select(points => string.Concat(points.Select(char.ConvertFromUtf32))).ToArbitrary();
        Prop.ForAll(text, value =>
        {
            using var stream = new MemoryStream();
            new DataFrame(DataColumn.FromText("t", value)).WriteJsonLines(stream);
            JsonNode.Parse(stream.ToArray())!["t"]!.GetValue<string>().Should().Be(value);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));
    }

    [Fact]
    public void WriteJsonLines_HalfOfASurrogatePair_IsRefusedWithItsPlace()
    {
        var write = () => new DataFrame(DataColumn.FromText("t", "ok", "\uD800")).WriteJsonLines(new MemoryStream());
        write.Should().Throw<InvalidInputException>().WithMessage("*'t'*surrogate*row 1*");
        var read = () => DataFrame.ReadJsonLines(new StringReader("{\"t\":\"\\uD800\"}"));
        read.Should().Throw<InvalidInputException>().WithMessage("*line 1*Unicode*");
    }

    [Fact]
    public void ReadJsonLines_NestedObjects_AreFlattenedWhenAsked()
    {
        const string text = "\uFEFF{\"id\":1,\"user\":{\"name\":\"Ann\",\"home\":{\"zip\":\"007\"}}}\n{\"id\":2,\"user\":{\"age\":3}}\n{\"id\":3}\n";
        var frame = DataFrame.ReadJsonLines(new StringReader(text), new JsonLinesOptions { Flatten = true });
        frame.Columns.Select(column => column.Name).Should().Equal("id", "user.name", "user.home.zip", "user.age");
        Frames.ShouldEqual(Frames.Rows(frame), [[1L, "Ann", "007", null], [2L, null, null, 3L], [3L, null, null, null]]);

        var refused = () => DataFrame.ReadJsonLines(new StringReader(text));
        refused.Should().Throw<InvalidInputException>().WithMessage("*line 1*'user' is an object*JsonLinesOptions.Flatten*");
        var array = () => DataFrame.ReadJsonLines(new StringReader("{\"u\":{\"a\":[1]}}"), new JsonLinesOptions { Flatten = true });
        array.Should().Throw<InvalidInputException>().WithMessage("*'u.a' is an array*");
        var twice = () => DataFrame.ReadJsonLines(new StringReader("{\"a.b\":1,\"a\":{\"b\":2}}"), new JsonLinesOptions { Flatten = true });
        twice.Should().Throw<InvalidInputException>().WithMessage("*'a.b' stands twice*");
    }

    [Fact]
    public void ReadJsonLines_WithTypes_KeepsTheirColumnsAndRefusesOthers()
    {
        var options = new JsonLinesOptions { Types = new Dictionary<string, DataType> { ["id"] = DataType.Int32, ["at"] = DataType.Timestamp, ["absent"] = DataType.Float32 } };
        var frame = DataFrame.ReadJsonLines(new StringReader("{\"at\":\"2001-02-03T04:05:06Z\",\"id\":7,\"more\":true}"), options);
        frame.Columns.Select(column => (column.Name, column.Type)).Should().Equal(("id", DataType.Int32), ("at", DataType.Timestamp), ("absent", DataType.Float32), ("more", DataType.Boolean));

        Refused("{\"id\":\"7\"}", "*'id' is a text, but a number by its type Int32*");
        Refused("{\"id\":7.5}", "*'id' holds '7.5'*no Int32*");
        Refused("{\"at\":\"2001-02-03T04:05:06\"}", "*'at'*without a zone*JsonLinesOptions.AssumedZone*");

        void Refused(string text, string message)
        {
            var read = () => DataFrame.ReadJsonLines(new StringReader(text), options);
            read.Should().Throw<InvalidInputException>().WithMessage(message);
        }
    }

    [Fact]
    public void StreamJsonLines_WithAMemberThatTheFirstBatchLacks_AsksForItsType()
    {
        const string text = "{\"a\":1}\n{\"a\":2}\n{\"a\":3,\"b\":\"x\"}\n";
        var late = () => CsvTests.Batches(DataFrame.StreamJsonLinesAsync(new StringReader(text), batchRows: 2));
        late.Should().Throw<InvalidInputException>().WithMessage("*line 3*'b'*first batch*JsonLinesOptions.Types*");
        var given = new JsonLinesOptions { Types = new Dictionary<string, DataType> { ["b"] = DataType.String } };
        CsvTests.Batches(DataFrame.StreamJsonLinesAsync(new StringReader(text), given, 2)).Select(batch => batch.Columns.Count).Should().Equal(2, 2);
    }

    [Fact]
    public async Task StreamDatabase_InBatches_IsTheWholeAndRefusesWhatHasNoZoneOrName()
    {
        using var table = new DataTable();
        table.Columns.Add("id", typeof(int));
        table.Columns.Add("at", typeof(DateTime));
        for (var i = 0; i < 10; i++)
            table.Rows.Add(i, i == 3 ? DBNull.Value : new DateTime(2001, 2, 3, i, 0, 0));
        var utc = new DatabaseReadOptions { AssumedZone = TimeZoneInfo.Utc };
        var batches = CsvTests.Batches(DataFrame.StreamDatabaseAsync(table.CreateDataReader(), utc, 4));
        batches.Select(batch => batch.RowCount).Should().Equal(4, 4, 2);
        batches[2].Column<Timestamp>("at")[1].Should().Be(Timestamp.Utc(2001, 2, 3, 9));
        Frames.ShouldEqual(DataFrame.Concat(batches), await DataFrame.ReadDatabaseAsync(table.CreateDataReader(), utc));

        var zoneless = () => DataFrame.ReadDatabaseAsync(table.CreateDataReader());
        await zoneless.Should().ThrowAsync<InvalidInputException>().WithMessage("*Row 0*'at' holds 2001-02-03T00*without a zone*DatabaseReadOptions.AssumedZone*");
        var stop = async () => await DataFrame.ReadDatabaseAsync(table.CreateDataReader(), utc, new CancellationToken(canceled: true));
        await stop.Should().ThrowAsync<OperationCanceledException>();
    }
}
