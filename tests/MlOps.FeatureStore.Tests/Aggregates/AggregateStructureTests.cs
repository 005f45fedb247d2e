namespace MlOps.Features.Tests;

public sealed class AggregateStructureTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void RankCounter_UnderRandomChanges_SelectsAsASortedListDoes(bool isDistinct)
    {
        var counter = new RankCounter(isDistinct);
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var ranks = random.Next(0, 70);
            counter.Reset(ranks);
            counter.Count.Should().Be(0);
            var members = new List<int>();
            for (var step = 0; step < 60 && ranks > 0; step++)
            {
                if (members.Count > 0 && random.Next(3) == 0)
                {
                    var gone = members[random.Next(members.Count)];
                    members.Remove(gone);
                    counter.Remove(gone);
                }
                else
                {
                    members.Add(random.Next(ranks));
                    counter.Add(members[^1]);
                }

                int[] expected = isDistinct ? [.. members.Distinct().Order()] : [.. members.Order()];
                counter.Count.Should().Be(expected.Length);
                Enumerable.Range(0, expected.Length).Select(counter.At).Should().Equal(expected);
            }
        }
    }

    [Fact]
    public void ExtremeTree_OverAnyRun_AgreesWithALoop()
    {
        var tree = new ExtremeTree();
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var values = new long?[random.Next(1, 80)];
            tree.Reset(values.Length);
            for (var i = random.Next(100); i > 0; i--)
            {
                var place = random.Next(values.Length);
                if (values[place] is not null)
                    continue;
                values[place] = random.NextInt64(-50, 50);
                tree.Fill(place, values[place]!.Value);
                var low = random.Next(values.Length);
                var high = random.Next(low, values.Length + 1);
                var inside = values[low..high].Where(value => value is not null).ToArray();
                tree.Over(low, high).Should().Be((inside.Length == 0 ? long.MaxValue : inside.Min()!.Value, inside.Length == 0 ? long.MinValue : inside.Max()!.Value));
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(4096)]
    [InlineData(300_000)]
    public void VisibleRows_BelowAnyPlace_IsTheNearestMember(int places)
    {
        var visible = new VisibleRows();
        visible.Reset(7);
        visible.Add(3);
        visible.Reset(places);
        visible.Below(places).Should().Be(-1);
        var random = new Random(places);
        var members = new SortedSet<int>();
        for (var i = 0; i < 60; i++)
        {
            members.Add(random.Next(places));
            members.Add(places - 1 - random.Next(Math.Min(places, 3)));
            foreach (var member in members)
                visible.Add(member);
            foreach (var place in new[] { 0, 1, places, places / 2, random.Next(places + 1), random.Next(places + 1), members.Min, members.Max, members.Max + 1 })
                visible.Below(Math.Min(place, places)).Should().Be(members.Where(member => member < place).DefaultIfEmpty(-1).Max());
        }
    }

    [Fact]
    public void RunningTotals_OfAnySize_AreDifferencesOfExactSums()
    {
        var totals = new RunningTotals();
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var most = 1L << random.Next(0, 51);
            var units = Enumerable.Range(0, random.Next(1, 60)).Select(_ => random.Next(9) == 0 ? ViewPlan.Missing : random.Next(5) == 0 ? -most : random.NextInt64(-most, most + 1)).ToArray();
            totals.Build(units, withSquares: true);
            for (var q = 0; q < 10; q++)
            {
                var low = random.Next(units.Length + 1);
                var high = random.Next(low, units.Length + 1);
                var expected = new Totals();
                foreach (var value in units[low..high].Where(value => value != ViewPlan.Missing))
                {
                    expected.Count++;
                    expected.Sum += value;
                    expected.Squares += (UInt128)((Int128)value * value);
                }

                totals.Of(low, high, withSquares: true).Should().Be(expected, $"seed {seed}");
                if (totals.IsNarrow)
                    ((Int128)totals.SumOf(low, high)).Should().Be(expected.Sum);
            }
        }
    }

    [Fact]
    public void QuantileBuckets_OfAnyValue_StandWithinOnePercentOfIt()
    {
        var random = new Random(3);
        for (var i = 0; i < 400_000; i++)
        {
            var units = (i < 5_000 ? i : random.NextInt64(1L << random.Next(1, 51))) * (random.Next(2) * 2 - 1);
            var middle = QuantileBuckets.Middle(QuantileBuckets.Of(units));
            (Math.Abs(middle - units) <= 0.01 * Math.Abs(units)).Should().BeTrue($"{units} is stood for by {middle}");
            QuantileBuckets.Of(units + 1).Should().BeGreaterThanOrEqualTo(QuantileBuckets.Of(units));
        }
    }

    [Fact]
    public void DistinctEstimate_OverManySets_HasTheErrorOfTheory()
    {
        const int size = 256, distinct = 10_000, sets = 200;
        double sum = 0, squares = 0;
        for (var set = 0; set < sets; set++)
        {
            var hashes = Enumerable.Range(0, distinct).Select(i => (ulong)ValueHash.Of($"set {set} value {i}")).Order().ToArray();
            var error = DistinctEstimate.Of(hashes, size) / distinct - 1;
            sum += error;
            squares += error * error;
        }

        // Bar-Yossef et al. 2002; Beyer et al. 2007: unbiased, with a relative standard error of about 1/sqrt(size - 2) = 6.3 %.
        var expected = 1 / Math.Sqrt(size - 2);
        Math.Abs(sum / sets).Should().BeLessThan(3.5 * expected / Math.Sqrt(sets));
        Math.Sqrt(squares / sets).Should().BeInRange(0.8 * expected, 1.2 * expected);
        DistinctEstimate.Of([1, 2, 3], size).Should().Be(3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sweep_OverOneLargeEntity_AgreesWithANaiveFold(bool isLate)
    {
        const int count = 60_000;
        var random = new Random(11);
        var builder = FeatureView.Define("view").Key("k1").EventTime("at");
        if (isLate)
            builder.AvailableAt("known");
        FeatureAggregate[] all =
        [
            AggregateFunction.Count, AggregateFunction.Sum, AggregateFunction.Mean, AggregateFunction.Min, AggregateFunction.Max, AggregateFunction.Variance,
            AggregateFunction.StandardDeviation, FeatureAggregate.LastN(3), FeatureAggregate.DistinctCount(64), FeatureAggregate.Quantile(0.9),
        ];
        var view = builder.Aggregate("delay", all, scale: 100, type: DataType.Float64, windows: [FeatureWindow.Lifetime, FeatureWindow.Days(7), FeatureWindow.Tumbling(TimeSpan.FromDays(3))])
            .Aggregate("label", [FeatureAggregate.DistinctCount(64)], windows: [FeatureWindow.Lifetime]).LastValue("level").Build();
        var rows = Enumerable.Range(0, count).Select(i => new RawRow(
            "A", "", i * 60_000_000L, isLate ? i * 60_000_000L + random.NextInt64(40L * 86_400_000_000) : null,
            random.Next(20) == 0 ? null : random.Next(-5_000, 5_000) / 8.0, null, i, "label " + random.Next(3_000))).ToList();
        using var history = JoinParity.History(new MemoryFiles(), view, rows, new Random(2), out _, out _);
        var times = Enumerable.Range(0, count).Select(_ => random.NextInt64(count * 70_000_000L)).ToArray();
        var service = new BoundService(FeatureService.Define("service").View("view").Build(), new Dictionary<string, FeatureView> { ["view"] = view });
        var spine = new DataFrame(DataColumn.Create("k1", Enumerable.Repeat("A", count).ToArray()));
        var frame = TrainingJoin.Run(service, _ => history, spine, times, new TrainingFrameOptions(), default);
        for (var q = 0; q < 12; q++)
        {
            var at = random.Next(count);
            ParityCheck.Same([.. frame.Columns.Skip(1).Select(column => column.GetValue(at))], Oracle.Ask(view, rows, "A", "", times[at], times[at]), 0, "sweep", at);
        }
    }
}
