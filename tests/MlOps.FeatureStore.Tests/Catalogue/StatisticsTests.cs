using System.Globalization;

namespace MlOps.Features.Tests;

public sealed class StatisticsTests
{
    [Fact]
    public async Task Statistics_EqualThoseOfTheJoinedFrame()
    {
        await using var open = new OpenStore([Cards.View()], [Cards.Service()]);
        var start = MatrixWorld.Start;
        DataFrame[] batches = [Cards.Rows(300, start), Cards.Rows(200, start + TimeSpan.FromMinutes(100))];
        for (var i = 0; i < batches.Length; i++)
            await open.Store.IngestAsync("card", batches[i], $"b{i}");
        var computed = await open.Store.Catalogue.ComputeStatisticsAsync("card");
        var joined = new List<DataFrame>();
        foreach (var batch in batches)
            joined.Add(await open.Store.GetTrainingFrameAsync(batch.Select("card", "at"), "at", "fraud"));
        foreach (var feature in new[] { "amount_sum_24h", "amount_count_24h" })
        {
            var values = joined.SelectMany(frame => frame.Column<float>("card_" + feature).Span.ToArray()).Select(value => (double)value).Where(value => !double.IsNaN(value)).Order().ToArray();
            var statistics = computed.Single(one => one.Feature == feature);
            (statistics.Rows, statistics.Count).Should().Be((500, values.Length));
            var spread = statistics.Distribution!;
            (spread.Min, spread.Max).Should().Be((values[0], values[^1]));
            spread.Mean.Should().BeApproximately(values.Average(), 1e-9 * values[^1]);
            spread.StandardDeviation.Should().BeApproximately(Math.Sqrt(values.Sum(value => Math.Pow(value - values.Average(), 2)) / (values.Length - 1)), 1e-6);
            foreach (var quantile in spread.Quantiles)
                quantile.Value.Should().Be(values[(int)Math.Ceiling(quantile.Share * values.Length) - 1]);
            statistics.Top[0].Should().BeEquivalentTo(values.GroupBy(value => value).OrderByDescending(group => group.Count()).ThenBy(group => group.Key.ToString("R", CultureInfo.InvariantCulture), StringComparer.Ordinal)
                .Select(group => new FeatureValueCount(group.Key.ToString("R", CultureInfo.InvariantCulture), group.Count(), true)).First());
        }

        var personal = computed.Single(one => one.Feature == "limit");
        (personal.Distribution, personal.Top.Count, personal.Missing).Should().Be((null, 0, 100), "values of a person are only counted");
        (await open.Store.Catalogue.GetFeatureAsync("card", "amount_sum_24h")).Statistics.Should().BeEquivalentTo(computed[0]);
        (await open.Store.Catalogue.SearchAsync(new FeatureQuery { Name = "amount_sum_24h" })).Hits[0].Statistics.Should().BeEquivalentTo(computed[0]);
    }

    [Fact]
    public async Task Statistics_OfAnEmptyView_CountNothing_AndTheNewestTenAreKept()
    {
        await using var open = new OpenStore([Cards.View()], []);
        for (var i = 0; i < 12; i++)
        {
            var computed = await open.Store.Catalogue.ComputeStatisticsAsync("card");
            computed.Should().OnlyContain(one => one.Rows == 0 && one.Distribution == null);
            open.Environment.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        var kept = await open.Store.Catalogue.GetStatisticsAsync("card", "limit");
        kept.Should().HaveCount(10).And.BeInDescendingOrder(one => one.ComputedAt);
    }

    [Theory]
    [InlineData(100_000, 1)]
    [InlineData(250_000, 2)]
    public void Sketch_StaysWithinAPercentOfTheRank(int count, int seed)
    {
        var random = new Random(seed);
        var values = Enumerable.Range(0, count).Select(_ => Math.Exp(3 * random.NextDouble())).ToArray();
        var sketch = new QuantileSketch();
        foreach (var value in values)
            sketch.Add(value);
        Array.Sort(values);
        double[] shares = [0, 0.01, 0.25, 0.5, 0.75, 0.99, 1];
        var found = sketch.At(shares);
        for (var i = 0; i < shares.Length; i++)
            (Array.BinarySearch(values, found[i]) / (double)count).Should().BeApproximately(shares[i], 0.01);
    }

    [Fact]
    public void FrequentValues_AreExactWhileFew_AndNeverTooHighBeyond()
    {
        var few = new FrequentValues<string>();
        foreach (var text in Enumerable.Range(0, 5000).Select(i => "v" + (i % 50 == 0 ? 0 : i % 49)))
            few.Add(text);
        few.Top(3, text => text).Should().OnlyContain(value => value.IsExact);
        var many = new FrequentValues<int>();
        var random = new Random(3);
        for (var i = 0; i < 100_000; i++)
            many.Add(i % 4 == 0 ? 7 : random.Next(1_000_000));
        var top = many.Top(10, value => value.ToString(CultureInfo.InvariantCulture));
        top.Should().ContainSingle("nothing else is certainly frequent").Which.Should().BeEquivalentTo(new { Value = "7", IsExact = false }, options => options.ExcludingMissingMembers());
        top[0].Count.Should().BeInRange(24_000, 25_001);
    }
}
