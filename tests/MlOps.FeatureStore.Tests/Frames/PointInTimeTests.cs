namespace MlOps.Features.Tests;

public sealed class PointInTimeTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Join_OfRandomFrames_EqualsANaiveSearch(bool isTimed)
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var isText = random.Next(2) == 0;
            var two = random.Next(2) == 0;
            var history = Draw(random, random.Next(60), isText);
            var asked = Draw(random, random.Next(40), isText).Select("k", "l", "at");
            long ttl = random.Next(2) == 0 ? long.MaxValue : random.Next(20), lag = random.Next(3);
            var options = new PointInTimeOptions
            {
                Keys = two ? ["k", "l"] : ["k"], EventTime = "at", SpineTime = "at", AvailableAt = isTimed ? "known" : null, Columns = ["value"], Prefix = "joined_",
                TimeToLive = ttl == long.MaxValue ? null : TimeSpan.FromMicroseconds(ttl), Lag = TimeSpan.FromMicroseconds(lag),
            };
            var joined = PointInTime.Join(history, asked, options);
            joined.RowCount.Should().Be(asked.RowCount);
            for (var i = 0; i < asked.RowCount; i++)
            {
                var now = asked.Column<Timestamp>("at")[i].Microseconds;
                var best = Enumerable.Range(0, history.RowCount)
                    .Where(row => !asked["k"].IsNull(i) && Equals(history["k"].GetValue(row), asked["k"].GetValue(i)) && (!two || Equals(history["l"].GetValue(row), asked["l"].GetValue(i))))
                    .Select(row => (Event: history.Column<Timestamp>("at")[row].Microseconds, Known: history.Column<Timestamp>(isTimed ? "known" : "at")[row].Microseconds, Row: row))
                    .Where(row => row.Event <= now && row.Known + lag <= now).OrderBy(row => row).Select(row => ((long, long, int)?)row).LastOrDefault();
                var expected = best is { } found && now - found.Item1 <= ttl ? history["value"].GetValue(found.Item3) : null;
                joined["joined_value"].GetValue(i).Should().Be(expected, $"seed {seed}, row {i}");
            }
        }
    }

    [Fact]
    public void Join_WithKeysOfUnlikeTypes_SaysWhatToDo()
    {
        var history = Draw(new Random(1), 3, isText: true);
        var spine = Draw(new Random(1), 3, isText: false);
        var join = () => PointInTime.Join(history, spine, new PointInTimeOptions { Keys = ["k"], EventTime = "at", SpineTime = "at", Prefix = "j_" });
        join.Should().Throw<InvalidInputException>().WithMessage("*'k' holds String and is to match 'k', which holds Int64*Convert*");
        var lacking = () => PointInTime.Join(history, spine, new PointInTimeOptions { Keys = ["key"], EventTime = "at", SpineTime = "at" });
        lacking.Should().Throw<InvalidInputException>().WithMessage("The history lacks key column(s) 'key'*");
    }

    private static DataFrame Draw(Random random, int rows, bool isText)
    {
        var numbers = Enumerable.Range(0, rows).Select(_ => random.Next(8) == 0 ? (long?)null : random.Next(4)).ToArray();
        var keys = isText ? (DataColumn)DataColumn.FromText("k", numbers.Select(n => n is null ? null : "key " + n)) : DataColumn.FromNullable<long>("k", numbers);
        var at = Enumerable.Range(0, rows).Select(_ => (long)random.Next(40)).ToArray();
        return new DataFrame(
            keys, DataColumn.Create("l", at.Select(_ => random.Next(2)).ToArray()), DataColumn.Create("at", at.Select(t => new Timestamp(t)).ToArray()),
            DataColumn.Create("known", at.Select(t => new Timestamp(t + random.Next(-3, 12))).ToArray()),
            DataColumn.FromNullable<double>("value", at.Select(_ => random.Next(5) == 0 ? (double?)null : random.NextDouble())));
    }
}
