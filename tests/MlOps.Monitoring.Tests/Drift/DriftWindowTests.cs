namespace MlOps.Monitoring.Drift;

public sealed class DriftWindowTests
{
    private static readonly string[] Names = ["a", "b"];

    [Fact]
    public void Compare_OfTheSameLaw_FindsNothing_AndOfAShift_FindsTheColumn()
    {
        var reference = ReferenceProfile.Learn(Names, Rows(1, 20_000, 0), Scores(1, 20_000));
        Window(reference, 2, 0).Compare(new DriftRule()).Should().OnlyContain(column => !column.Drifted);
        var shifted = Window(reference, 3, 0.8f).Compare(new DriftRule());
        shifted.Single(column => column.Column == "a").Drifted.Should().BeTrue();
        shifted.Single(column => column.Column == "a").MeanShift.Should().BeApproximately(0.8, 0.1);
        shifted.Single(column => column.Column == "b").Drifted.Should().BeFalse();
    }

    [Fact]
    public void Merge_OfParts_EqualsTheWhole()
    {
        var reference = ReferenceProfile.Learn(Names, Rows(1, 5_000, 0), Scores(1, 5_000));
        var rows = Rows(9, 3_000, 0.3f);
        var scores = Scores(9, 3_000);
        DriftWindow whole = new(reference), left = new(reference), right = new(reference);
        for (var i = 0; i < 3_000; i++)
        {
            var row = rows.AsSpan(i * 2, 2);
            whole.Add(row, scores[i]);
            (i % 3 == 0 ? left : right).Add(row, scores[i]);
        }

        right.Merge(left);
        right.Compare(new DriftRule()).Select(column => (column.Index, column.KolmogorovSmirnov)).Should()
            .Equal(whole.Compare(new DriftRule()).Select(column => (column.Index, column.KolmogorovSmirnov)));
    }

    [Fact]
    public void Compare_OfMissingValues_SeesThemAsABinOfTheirOwn()
    {
        var reference = ReferenceProfile.Learn(Names, Rows(1, 10_000, 0));
        var window = new DriftWindow(reference);
        var rows = Rows(4, 2_000, 0);
        for (var i = 0; i < 2_000; i++)
        {
            if (i % 4 == 0)
                rows[i * 2] = float.NaN;
            window.Add(rows.AsSpan(i * 2, 2), 0);
        }

        var column = window.Compare(new DriftRule())[0];
        column.Drifted.Should().BeTrue();
        column.MissingShare.Should().Be(0.25);
    }

    [Fact]
    public void Kolmogorov_AtTheReferencesEdges_IsCloseToTheExactDistance()
    {
        var values = Enumerable.Range(0, 20_000).Select(i => i / 20_000f).ToArray();
        var current = values.Select(value => value * value).ToArray();
        var reference = ReferenceProfile.Learn(["x"], values, bins: 1024);
        var window = new DriftWindow(reference);
        foreach (var value in current)
            window.Add([value], 0);
        var exact = DriftTests.KolmogorovSmirnov([.. values.Select(v => (double)v)], [.. current.Select(v => (double)v)]).Statistic;
        window.Compare(new DriftRule())[0].KolmogorovSmirnov.Should().BeApproximately(exact, 0.002);
    }

    [Fact]
    public void Profile_WrittenAndRead_IsTheSame_AndForeignBytesAreRefused()
    {
        var reference = ReferenceProfile.Learn(Names, Rows(1, 1_000, 0), Scores(1, 1_000));
        ReferenceProfile.FromJson(reference.ToJson()).Should().BeEquivalentTo(reference);
        foreach (var bytes in new[] { "", "{", "null", "{\"formatVersion\":2,\"columns\":[]}", "{\"formatVersion\":1,\"columns\":[{\"name\":\"a\",\"edges\":[1],\"counts\":[1],\"missing\":0,\"mean\":0,\"standardDeviation\":0}]}" })
        {
            var act = () => ReferenceProfile.FromJson(System.Text.Encoding.UTF8.GetBytes(bytes));
            act.Should().Throw<CorruptDataException>();
        }
    }

    [Fact]
    public void Learn_OfAConstantOrEmptyColumn_DoesNotBreakTheComparison()
    {
        var constant = ReferenceProfile.Learn(["c", "n"], Enumerable.Range(0, 1000).SelectMany(_ => new[] { 1f, float.NaN }).ToArray());
        var window = new DriftWindow(constant);
        for (var i = 0; i < 500; i++)
            window.Add([2f, float.NaN], 0);
        window.Compare(new DriftRule()).Should().OnlyContain(column => double.IsFinite(column.Index) && double.IsFinite(column.MeanShift));
    }

    private static DriftWindow Window(ReferenceProfile reference, int seed, float shift)
    {
        var window = new DriftWindow(reference);
        var rows = Rows(seed, 3_000, shift);
        var scores = Scores(seed, 3_000);
        for (var i = 0; i < scores.Length; i++)
            window.Add(rows.AsSpan(i * 2, 2), scores[i]);
        return window;
    }

    private static float[] Rows(int seed, int count, float shift)
    {
        var random = new Random(seed);
        var rows = new float[count * 2];
        for (var i = 0; i < count; i++)
        {
            rows[2 * i] = Normal(random) + shift;
            rows[2 * i + 1] = Normal(random);
        }

        return rows;
    }

    private static float[] Scores(int seed, int count)
    {
        var random = new Random(seed + 100);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle())];
    }

    private static float Normal(Random random) =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
}
