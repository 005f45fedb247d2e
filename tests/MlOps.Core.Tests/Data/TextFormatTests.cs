using System.Text;

namespace MlOps.Tests.Data;

public sealed class TextFormatTests
{
    [Fact]
    public void ReadCsv_TypesFound_AreTheNarrowestThatHoldAll()
    {
        var frame = DataFrame.ReadCsv(new StringReader("flag,id,x,at,day,code,text,none\r\ntrue,1,1.5,2001-02-03T04:05:06.789012Z,2001-02-03,007,\"a,\"\"b\"\"\nc\",\r\nfalse,,2,,2001-02-04,012,\"\",\r\n"), new CsvOptions { AssumedZone = TimeZoneInfo.Utc });

        frame.Columns.Select(column => column.Type).Should().Equal(
            DataType.Boolean, DataType.Int64, DataType.Float64, DataType.Timestamp, DataType.Timestamp, DataType.String, DataType.String, DataType.String);
        Frames.Rows(frame)[0].Should().Equal(true, 1L, 1.5, Timestamp.From(new DateTimeOffset(2001, 2, 3, 4, 5, 6, 789, 12, TimeSpan.Zero)), Timestamp.Utc(2001, 2, 3), "007", "a,\"b\"\nc", null);
        Frames.Rows(frame)[1].Should().Equal(false, null, 2.0, null, Timestamp.Utc(2001, 2, 4), "012", "", null);
    }

    [Theory]
    [InlineData("a,b\n1,2\n3\n", "*line 3 has 1 fields*2*")]
    [InlineData("a,b\n\"x\ny\",2\n3,4,5\n", "*line 4 has 3 fields*")]
    [InlineData("a,b\n1,\"open\n", "*line 2*not closed*")]
    [InlineData("a,b\n1,x\"y\n", "*line 2*quote*'x'*")]
    [InlineData("a,b\n1,\"x\"y\n", "*line 2*'y' follows*")]
    [InlineData("", "*empty*header*")]
    [InlineData("a,\n1,2\n", "*empty name*")]
    public void ReadCsv_Malformed_NamesTheLine(string text, string message)
    {
        var read = () => DataFrame.ReadCsv(new StringReader(text));
        read.Should().Throw<InvalidInputException>().WithMessage(message);
    }

    [Fact]
    public void ReadCsv_ValueOfAnotherType_NamesLineColumnAndValue()
    {
        var read = () => DataFrame.ReadCsv(new StringReader("a,b\n1,2\n1,x\n"), new CsvOptions { Types = new Dictionary<string, DataType> { ["b"] = DataType.Int32 } });
        read.Should().Throw<InvalidInputException>().WithMessage("CSV line 3: column 'b' holds 'x', which is no Int32*");
    }

    [Fact]
    public void ReadCsv_WithoutHeader_NumbersTheColumns() =>
        DataFrame.ReadCsv(new StringReader("1;x\n2;y"), new CsvOptions { HasHeader = false, Delimiter = ';' }).Column<string>("column2").Span.ToArray().Should().Equal("x", "y");

    [Fact]
    public void JsonLines_WrittenAndRead_AreTheSame()
    {
        var frame = new DataFrame(
            DataColumn.FromNullable<long>("id", 1, long.MaxValue, null),
            DataColumn.FromText("text", "ünï\"\n", null, ""),
            DataColumn.FromNullable<double>("x", 0.1, 1e300, -0.5),
            DataColumn.FromNullable<bool>("flag", true, null, false),
            DataColumn.FromNullable<Timestamp>("at", Timestamp.Utc(2001, 1, 1), null, new Timestamp(-1)));
        using var stream = new MemoryStream();
        frame.WriteJsonLines(stream);

        var text = Encoding.UTF8.GetString(stream.ToArray());
        text.Split('\n').Should().HaveCount(4);
        Frames.ShouldEqual(DataFrame.ReadJsonLines(new StringReader(text)), frame);
    }

    [Fact]
    public void ReadJsonLines_MissingMembersAndBlankLines_AreNullsAndNothing()
    {
        var frame = DataFrame.ReadJsonLines(new StringReader("{\"a\":1}\n\n{\"b\":\"x\",\"a\":2.5}\n{}\n"));
        Frames.ShouldEqual(Frames.Rows(frame), [[1.0, null], [2.5, "x"], [null, null]]);
    }

    [Theory]
    [InlineData("{\"a\":1}\n{\"a\":\"x\"}", "*line 2*'a' is a text, but a number*")]
    [InlineData("{\"a\":1}\n[1]", "*line 2 holds Array*")]
    [InlineData("{\"a\":[1]}", "*line 1*'a' is an array*")]
    [InlineData("{\"a\":1,\"a\":2}", "*line 1*twice*")]
    [InlineData("{\"a\":1", "*line 1*no valid JSON*")]
    public void ReadJsonLines_Malformed_NamesTheLine(string text, string message)
    {
        var read = () => DataFrame.ReadJsonLines(new StringReader(text));
        read.Should().Throw<InvalidInputException>().WithMessage(message);
    }
}
