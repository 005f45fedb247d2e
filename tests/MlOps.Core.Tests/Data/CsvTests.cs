using FsCheck;
using FsCheck.Fluent;

namespace MlOps.Tests.Data;

public sealed class CsvTests
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(300);

    [Fact]
    public void Csv_AnyTexts_ReadBackTheSameWholeAndInBatches()
    {
        // Characters that matter to the format stand beside any others, halves of surrogate pairs included.
        var hostile = Gen.Frequency((3, Gen.Elements('"', ',', ';', '\r', '\n', '\uFEFF', '\0', ' ', '\t', '0', '-', '.')), (1, Gen.Choose(0, char.MaxValue).Select(c => (char)c)));
        var text = Gen.OneOf(Gen.Constant((string?)null), hostile.ArrayOf().Select(chars => (string?)new string(chars)));
        var table = text.ListOf().Two().ToArbitrary();
        Prop.ForAll(table, columns =>
        {
            var rows = Math.Min(columns.Item1.Count, columns.Item2.Count);
            var frame = new DataFrame(DataColumn.FromText("a\",\n", columns.Item1.Take(rows)), DataColumn.FromText("\uFEFFb", columns.Item2.Take(rows)));
            foreach (var one in new[] { frame, frame.Select("\uFEFFb") })
            {
                var types = one.Columns.ToDictionary(column => column.Name, column => column.Type);
                var options = new CsvOptions { Types = types, Delimiter = rows % 2 == 0 ? ',' : ';' };
                var writer = new StringWriter();
                one.WriteCsv(writer, options);
                Frames.ShouldEqual(DataFrame.ReadCsv(new StringReader(writer.ToString()), options), one);
                Frames.ShouldEqual(DataFrame.Concat(Batches(DataFrame.StreamCsvAsync(new Trickle(writer.ToString(), rows), options, 3))), one);
            }
        }).Check(Many);
    }

    [Fact]
    public void ReadCsv_AnyCutOfTheText_IsTheSame()
    {
        const string text = "\uFEFFid,note\r\n1,\"a \"\"quoted\"\"\r\nline\"\r\n2,\"\"\r3,\n";
        var whole = DataFrame.ReadCsv(new StringReader(text));
        Frames.Rows(whole).Should().BeEquivalentTo(new object?[][] { [1L, "a \"quoted\"\r\nline"], [2L, ""], [3L, null] });
        for (var seed = 0; seed < 50; seed++)
            Frames.ShouldEqual(DataFrame.ReadCsv(new Trickle(text, seed)), whole);
    }

    [Theory]
    [InlineData("1,2\n3.5", DataType.Float64)]
    [InlineData("1\n-0", DataType.Int64)]
    [InlineData("1\n12345678901234567890", DataType.String)]
    [InlineData("0.5\n12345678901234567890", DataType.Float64)]
    [InlineData("1\n007", DataType.String)]
    [InlineData("1\ntrue", DataType.String)]
    [InlineData("true\nfalse\n\n", DataType.Boolean)]
    [InlineData("2001-02-03T04:05:06Z\n2001-02-03T04:05+01:30", DataType.Timestamp)]
    [InlineData("2001-02-03T04:05:06Z\n2001-02-03T04:05:06", DataType.String)]
    [InlineData("2001-02-30T00:00Z", DataType.String)]
    [InlineData(" 1", DataType.String)]
    [InlineData("1e300\nNaN", DataType.Float64)]
    public void ReadCsv_TypesFound_LoseNothing(string fields, DataType type)
    {
        var lines = fields.Split('\n').SelectMany(line => line.Split(',')).ToArray();
        var column = DataFrame.ReadCsv(new StringReader("x\n" + string.Join('\n', lines))).Columns[0];
        column.Type.Should().Be(type);
        if (type == DataType.String)
            Enumerable.Range(0, column.Length).Select(row => column.GetValue(row)).Should().Equal(lines);
    }

    [Fact]
    public void ReadCsv_WidenedColumn_HoldsWhatEachTextSays()
    {
        var x = DataFrame.ReadCsv(new StringReader("x\n9007199254740993\n\n-0\n1.5\n")).Column<double>("x");
        x.Span.ToArray().Should().Equal(9007199254740992, 0, -0.0, 1.5);
        BitConverter.DoubleToInt64Bits(x[2]).Should().Be(BitConverter.DoubleToInt64Bits(-0.0));
        x.IsNull(1).Should().BeTrue();
    }

    [Theory]
    [InlineData("2001-02-03T04:05:06", "*line 2*'at' holds '2001-02-03T04:05:06'*without a zone*AssumedZone*")]
    [InlineData("2001-02-03", "*without a zone*")]
    [InlineData("yesterday", "*'yesterday'*no Timestamp*")]
    public void ReadCsv_TimeWithoutAZone_IsRefused(string text, string message)
    {
        var options = new CsvOptions { Types = new Dictionary<string, DataType> { ["at"] = DataType.Timestamp } };
        var read = () => DataFrame.ReadCsv(new StringReader("at\n" + text), options);
        read.Should().Throw<InvalidInputException>().WithMessage(message);
    }

    [Fact]
    public void ReadCsv_TimeInAnAssumedZone_IsThatMomentOrRefusedWhereItIsUnclear()
    {
        var zone = TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(1), "test", "test", "summer",
        [
            TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(DateTime.MinValue.Date, DateTime.MaxValue.Date, TimeSpan.FromHours(1),
                TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 2, 0, 0), 3, 5, DayOfWeek.Sunday),
                TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 3, 0, 0), 10, 5, DayOfWeek.Sunday)),
        ]);
        var options = new CsvOptions { AssumedZone = zone, Types = new Dictionary<string, DataType> { ["at"] = DataType.Timestamp } };
        var frame = DataFrame.ReadCsv(new StringReader("at\n2001-01-01T12:00\n2001-07-01T12:00\n2001-07-01T12:00Z"), options);
        frame.Column<Timestamp>("at").Span.ToArray().Should().Equal(Timestamp.Utc(2001, 1, 1, 11), Timestamp.Utc(2001, 7, 1, 10), Timestamp.Utc(2001, 7, 1, 12));
        foreach (var unclear in new[] { "2001-03-25T02:30", "2001-10-28T02:30" })
        {
            var read = () => DataFrame.ReadCsv(new StringReader("at\n" + unclear), options);
            read.Should().Throw<InvalidInputException>().WithMessage("*exists twice*'test'*offset*");
        }
    }

    [Theory]
    [InlineData("a,b,a\n1,2,3\n", "*line 1: column 'a' stands twice*")]
    [InlineData("a\n1\n\"never closed", "*line 3*not closed*")]
    public void ReadCsv_BadColumns_AreNamed(string text, string message)
    {
        var read = () => DataFrame.ReadCsv(new StringReader(text));
        read.Should().Throw<InvalidInputException>().WithMessage(message);
    }

    [Fact]
    public void ReadCsv_OptionsThatCannotBe_AreRefused()
    {
        var type = () => DataFrame.ReadCsv(new StringReader("amount\n1"), new CsvOptions { Types = new Dictionary<string, DataType> { ["amont"] = DataType.Int32 } });
        type.Should().Throw<InvalidInputException>().WithMessage("*'amont'*Did you mean 'amount'*");
        var word = () => DataFrame.ReadCsv(new StringReader("a\n1"), new CsvOptions { NullText = "a,b" });
        word.Should().Throw<InvalidInputException>().WithMessage("*NullText*");
        var endless = () => DataFrame.ReadCsv(new StringReader("a\n\"" + new string('x', 5_000)), new CsvOptions { MaxRecordCharacters = 1_000 });
        endless.Should().Throw<InvalidInputException>().WithMessage("*line 2*more than 1000 characters*");
    }

    [Fact]
    public async Task StreamCsv_InBatches_HasTheTypesOfTheFirstAndNamesTheLineThatDiffers()
    {
        var text = "id,x\n" + string.Concat(Enumerable.Range(0, 10).Select(i => $"{i},{i}\n"));
        var batches = Batches(DataFrame.StreamCsvAsync(new StringReader(text), batchRows: 4));
        batches.Select(batch => batch.RowCount).Should().Equal(4, 4, 2);
        Frames.ShouldEqual(DataFrame.Concat(batches), DataFrame.ReadCsv(new StringReader(text)));
        Batches(DataFrame.StreamCsvAsync(new StringReader("a,b\n"))).Single().Columns.Should().HaveCount(2);

        var widened = () => Batches(DataFrame.StreamCsvAsync(new StringReader(text + "10,0.5\n"), batchRows: 4));
        widened.Should().Throw<InvalidInputException>().WithMessage("*line 12*'x' holds '0.5'*no Int64*first batch*CsvOptions.Types*");
        var ragged = () => Batches(DataFrame.StreamCsvAsync(new StringReader(text + "10\n"), batchRows: 4));
        ragged.Should().Throw<InvalidInputException>().WithMessage("*line 12 has 1 fields*");
        var absent = async () => await DataFrame.StreamCsvAsync("/absent/file.csv").GetAsyncEnumerator().MoveNextAsync();
        await absent.Should().ThrowAsync<NotFoundException>();
    }

    [Fact]
    public void StreamCsv_OfALongText_ReadsNoFurtherThanItsBatch()
    {
        const int rows = 100_000;
        var text = new Trickle("id,word\n" + string.Concat(Enumerable.Range(0, rows).Select(i => $"{i:D6}x,word\n")), 0) { Piece = 4_096 };
        var seen = 0;
        foreach (var batch in DataFrame.StreamCsvAsync(text, batchRows: 1_000).ToBlockingEnumerable())
        {
            seen += batch.RowCount;
            text.Given.Should().BeLessThan((seen * 13) + 70_000, "the reader's buffer is all that lies ahead");
        }

        seen.Should().Be(rows);
    }

    [Fact]
    public async Task StreamFiles_ThatAreNoUtf8_AreRefused()
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(path, [.. "a\n1\n"u8, 0xFF, 0xFE, (byte)'\n']);
            var csv = () => Batches(DataFrame.StreamCsvAsync(path));
            csv.Should().Throw<InvalidInputException>().WithMessage("*no UTF-8*");
            await File.WriteAllBytesAsync(path, [.. "{\"a\":\""u8, 0xFF, .. "\"}\n"u8]);
            var json = () => Batches(DataFrame.StreamJsonLinesAsync(path));
            json.Should().Throw<InvalidInputException>().WithMessage("*no UTF-8*");
            await File.WriteAllTextAsync(path, "a\n\u00e9\n", System.Text.Encoding.Unicode);
            Batches(DataFrame.StreamCsvAsync(path)).Single().Column<string>("a")[0].Should().Be("\u00e9", "a byte order mark says the encoding");
        }
        finally
        {
            File.Delete(path);
        }

        var save = () => new DataFrame(DataColumn.FromText("t", "\uDC00")).Save(new MemoryStream());
        save.Should().Throw<InvalidInputException>().WithMessage("*'t'*surrogate*");
    }

    internal static List<DataFrame> Batches(IAsyncEnumerable<DataFrame> batches) => batches.ToBlockingEnumerable().ToList();

    /// <summary>Gives a text in pieces of random length.</summary>
    private sealed class Trickle(string text, int seed) : TextReader
    {
        private readonly Random _random = new(seed);
        private int _at;

        public int Piece { get; init; } = 8;

        public int Given => _at;

        public override int Read(char[] buffer, int index, int count)
        {
            var taken = Math.Min(Math.Min(count, text.Length - _at), _random.Next(1, Piece));
            text.CopyTo(_at, buffer, index, taken);
            _at += taken;
            return taken;
        }

        public override ValueTask<int> ReadAsync(Memory<char> buffer, CancellationToken cancellationToken = default)
        {
            var piece = new char[Math.Min(buffer.Length, Piece)];
            var taken = Read(piece, 0, piece.Length);
            piece.AsMemory(0, taken).CopyTo(buffer);
            return ValueTask.FromResult(taken);
        }
    }
}
