using FsCheck;
using FsCheck.Fluent;

namespace MlOps.Tests.Data;

/// <summary>Random frames of every type with nulls, and frames as plain rows to compare with.</summary>
internal static class Frames
{
    public static Arbitrary<DataFrame> Arbitrary { get; } = Gen().ToArbitrary();

    public static object?[][] Rows(DataFrame frame) =>
        [.. Enumerable.Range(0, frame.RowCount).Select(row => frame.Columns.Select(column => column.GetValue(row)).ToArray())];

    public static void ShouldEqual(DataFrame actual, DataFrame expected)
    {
        actual.Columns.Select(column => (column.Name, column.Type)).Should().Equal(expected.Columns.Select(column => (column.Name, column.Type)));
        ShouldEqual(Rows(actual), Rows(expected));
    }

    public static void ShouldEqual(object?[][] actual, object?[][] expected)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var row = 0; row < expected.Length; row++)
            Assert.Equal(expected[row], actual[row]);
    }

    public static int Seed(DataFrame frame) => frame.RowCount * 7919;

    private static Gen<DataFrame> Gen() => FsCheck.Fluent.Gen.Sized(size =>
        FsCheck.Fluent.Gen.Choose(0, Math.Min(150, size * 3)).SelectMany(rows =>
        FsCheck.Fluent.Gen.Choose(0, int.MaxValue).Select(seed => Make(rows, seed))));

    public static DataFrame Make(int rows, int seed)
    {
        var random = new Random(seed);
        string[] texts = ["", "a", "b", "ORD", "with, comma", "with \"quotes\"", "line\nbreak", "cr\r\nlf", " space ", "ünïcode 🌍", "null", "007", "true", "2001-02-03"];
        double[] numbers = [0, -0.0, 1.5, -2.25, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MaxValue, double.Epsilon, 1e-300, 0.1];
        var share = random.Next(3) * 0.3;
        var frame = new DataFrame(
            Column("flag", () => random.Next(2) == 0),
            Column("small", () => random.Next(-5, 5)),
            Column("large", () => random.Next(4) == 0 ? (random.Next(2) == 0 ? long.MinValue : long.MaxValue) : random.NextInt64(-3, 3)),
            Column("single", () => (float)numbers[random.Next(numbers.Length)]),
            Column("real", () => numbers[random.Next(numbers.Length)]),
            Column("text", () => texts[random.Next(texts.Length)]),
            Column("at", () => new Timestamp(random.Next(3) == 0 ? random.NextInt64(Timestamp.MinValue.Microseconds, Timestamp.MaxValue.Microseconds) : random.Next(-3, 3) * 1_000_000L)));
        if (random.Next(2) == 0 || rows == 0)
            return frame;
        var start = random.Next(rows);
        return frame.Slice(start, random.Next(rows - start + 1));

        DataColumn Column<T>(string name, Func<T> next)
        {
            var builder = new ColumnBuilder<T>(name);
            for (var i = 0; i < rows; i++)
            {
                if (random.NextDouble() < share)
                    builder.AddNull();
                else
                    builder.Add(next());
            }

            return builder.Build();
        }
    }
}
