namespace MlOps.DuckDb.Tests;

public sealed class TypeTests
{
    [DuckDbFact]
    public async Task Read_EverySupportedType_GivesItsValueAndItsNull()
    {
        using var lake = new DuckDbLake();
        var frame = await lake.ReadAsync(
            """
            SELECT * FROM (VALUES
              (true, 1::TINYINT, -2::SMALLINT, 3::UTINYINT, 4::USMALLINT, 5::INTEGER, 6::UINTEGER, -7::BIGINT, 8::UBIGINT, 9::HUGEINT,
               1.5::FLOAT, -2.25::DOUBLE, 12.34::DECIMAL(9,2), -123456789012.345678::DECIMAL(30,6), 'grüße 🌍'::VARCHAR,
               'warm'::ENUM('cold','warm'), TIMESTAMP '2001-02-03 04:05:06.789012', TIMESTAMP_S '1969-12-31 23:59:59',
               TIMESTAMP_MS '2001-02-03 04:05:06.789', TIMESTAMP_NS '1969-12-31 23:59:59.999999999', TIMESTAMPTZ '2001-02-03 04:05:06+02', DATE '1969-12-31'),
              (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
            ) t(b, i8, i16, u8, u16, i32, u32, i64, u64, i128, f, d, dec, bigdec, s, e, ts, tss, tsms, tsns, tstz, day)
            """);

        object?[] values = [.. frame.Columns.Select(column => column.GetValue(0))];
        values.Should().Equal(
            true, 1, -2, 3, 4, 5, 6L, -7L, 8L, 9L, 1.5f, -2.25, 12.34, -123456789012.345678, "grüße 🌍", "warm",
            Timestamp.From(new DateTimeOffset(2001, 2, 3, 4, 5, 6, 789, 12, TimeSpan.Zero)), new Timestamp(-1_000_000),
            Timestamp.From(new DateTimeOffset(2001, 2, 3, 4, 5, 6, 789, TimeSpan.Zero)), new Timestamp(-1),
            Timestamp.From(new DateTimeOffset(2001, 2, 3, 4, 5, 6, TimeSpan.FromHours(2))), new Timestamp(-86_400_000_000));
        frame.Columns.Should().OnlyContain(column => column.IsNull(1) && column.NullCount == 1);
    }

    [DuckDbFact]
    public async Task Read_UnsupportedType_NamesColumnAndRemedy()
    {
        using var lake = new DuckDbLake();
        var read = () => lake.ReadAsync("SELECT 1 AS fine, [1, 2] AS \"tag list\"");

        (await read.Should().ThrowAsync<InvalidInputException>()).Which.Message
            .Should().Contain("'tag list'").And.Contain("LIST").And.Contain("CAST(\"tag list\" AS VARCHAR)");
    }

    [DuckDbFact]
    public async Task Read_ValueThatDoesNotFit_NamesColumnAndValue()
    {
        using var lake = new DuckDbLake();
        var read = () => lake.ReadAsync("SELECT 18446744073709551615::UBIGINT AS big");

        (await read.Should().ThrowAsync<InvalidInputException>()).Which.Message.Should().Contain("'big'").And.Contain("18446744073709551615").And.Contain("CAST");
    }

    [DuckDbFact]
    public async Task Read_MomentOutsideTheCalendar_IsAnErrorAndInfinityIsTheEnd()
    {
        using var lake = new DuckDbLake();
        var far = () => lake.ReadAsync("SELECT DATE '20000-01-01' AS day");
        await far.Should().ThrowAsync<InvalidInputException>().WithMessage("*'day'*years 1 to 9999*");

        var ends = await lake.ReadAsync("SELECT 'infinity'::TIMESTAMP AS a, '-infinity'::DATE AS b");
        ends.Column<Timestamp>("a")[0].Should().Be(Timestamp.MaxValue);
        ends.Column<Timestamp>("b")[0].Should().Be(Timestamp.MinValue);
    }

    [DuckDbFact]
    public async Task Read_NullsScatteredOverManyChunks_KeepTheirPlaces()
    {
        using var lake = new DuckDbLake(new DuckDbOptions { BatchRows = 5_000, Threads = 2 });
        const string Sql = "SELECT i, CASE WHEN i % 7 = 3 OR i BETWEEN 4000 AND 4200 THEN NULL ELSE i END AS maybe, CASE WHEN i % 5 = 0 THEN NULL ELSE 'text number ' || i END AS s FROM range(20001) t(i) WHERE i % 11 <> 4";
        var expected = Enumerable.Range(0, 20_001).Where(i => i % 11 != 4).ToArray();
        var whole = await lake.ReadAsync(Sql);
        whole.RowCount.Should().Be(expected.Length);
        Check(whole, expected);

        var start = 0;
        await foreach (var batch in lake.QueryAsync(Sql))
        {
            Check(batch, expected[start..(start + batch.RowCount)]);
            start += batch.RowCount;
        }

        start.Should().Be(expected.Length);

        static void Check(DataFrame frame, int[] rows)
        {
            for (var i = 0; i < rows.Length; i++)
            {
                var n = rows[i];
                object? maybe = n % 7 == 3 || n is >= 4000 and <= 4200 ? null : (long)n;
                object? text = n % 5 == 0 ? null : "text number " + n;
                if (!Equals(frame["i"].GetValue(i), (long)n) || !Equals(frame["maybe"].GetValue(i), maybe) || !Equals(frame["s"].GetValue(i), text))
                    Assert.Fail($"Row {i} should be ({n}, {maybe}, {text}) but is ({frame["i"].GetValue(i)}, {frame["maybe"].GetValue(i)}, {frame["s"].GetValue(i)}).");
            }
        }
    }

    [DuckDbFact]
    public async Task Read_ManyDistinctShortAndLongTexts_AreAllRight()
    {
        using var lake = new DuckDbLake();
        var frame = await lake.ReadAsync("SELECT 'k' || i AS short, 'a rather longer key, number ' || (i % 50000) AS long, repeat('x', (i % 300)::INT) AS wide FROM range(100000) t(i)");

        var (shorts, longs, wides) = (frame.Column<string>("short"), frame.Column<string>("long"), frame.Column<string>("wide"));
        for (var i = 0; i < 100_000; i++)
        {
            if (shorts[i] != "k" + i || longs[i] != "a rather longer key, number " + (i % 50_000) || wides[i] != new string('x', i % 300))
                Assert.Fail($"Row {i}: {shorts[i]}, {longs[i]}, {wides[i]}");
        }

        ReferenceEquals(longs[7], longs[50_007]).Should().BeTrue();
    }
}
