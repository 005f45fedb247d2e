using FsCheck;
using FsCheck.Fluent;

namespace MlOps.Serving.Tests.Traffic;

public sealed class TrafficTests
{
    private static readonly ModelVersionRef One = new("m", 1);
    private static readonly ModelVersionRef Two = new("m", 2);

    // The first and some later entries of the reference implementation's vectors_sip64 (key 00..0f, input 00 01 02 ...).
    [Theory]
    [InlineData(0, "310e0edd47db6f72")]
    [InlineData(1, "fd67dc93c539f874")]
    [InlineData(2, "5a4fa9d909806c0d")]
    [InlineData(7, "37d1018bf50002ab")]
    [InlineData(8, "6224939a79f5f593")]
    [InlineData(15, "e545be4961ca29a1")]
    public void SipHash_ReferenceVectors_AreReproduced(int length, string expected)
    {
        var hash = new SipHash(0x0706050403020100UL, 0x0f0e0d0c0b0a0908UL).Hash(Enumerable.Range(0, length).Select(i => (byte)i).ToArray());
        Convert.ToHexStringLower(BitConverter.GetBytes(hash)).Should().Be(expected);
    }

    [Fact]
    public void Rebalance_AnySequenceOfWeights_CoversAllUnitsAndMovesOnlyTheDifference()
    {
        var weights = Gen.Choose(0, 5).Select(i => i * 0.2).ArrayOf(4).Where(w => w.Sum() > 0);
        Prop.ForAll(weights.ListOf().Where(list => list.Count > 0).ToArbitrary(), sequence =>
        {
            IReadOnlyList<TrafficRange> ranges = [];
            foreach (var step in sequence)
            {
                var total = step.Sum();
                var wanted = step.Select((weight, i) => ($"v{i}", weight / total)).Where(pair => pair.Item2 > 0).ToArray();
                var next = TrafficRanges.Rebalance(ranges, wanted);
                next.Sum(range => range.End - range.Start).Should().Be(TrafficRanges.Units);
                next.Zip(next.Skip(1)).All(pair => pair.First.End == pair.Second.Start).Should().BeTrue();
                foreach (var (version, share) in wanted)
                {
                    var size = Size(next, version);
                    ((double)size / TrafficRanges.Units).Should().BeApproximately(share, 1e-8);
                    if (ranges.Count > 0)
                        Overlap(ranges, next, version).Should().Be(Math.Min(size, Size(ranges, version)));
                }

                ranges = next;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));
    }

    [Fact]
    public void Choose_GrowingCanary_NeverMovesAnAssignedKeyAwayAndKeepsTheShare()
    {
        var document = new TrafficDocument { Salt = "000102030405060708090a0b0c0d0e0f", Shares = [] }.Next(TrafficPolicy.Single(One));
        var keys = Enumerable.Range(0, 20_000).Select(i => $"customer-{i}").ToArray();
        var canary = new HashSet<string>();
        foreach (var share in new[] { 0.01, 0.05, 0.2, 0.5, 0.9 })
        {
            document = TrafficDocument.Parse(document.Next(TrafficPolicy.Canary(One, Two, share)).ToJson());
            var router = new TrafficRouter(document);
            var now = keys.Where(key => router.Choose(key) == 1).ToHashSet();
            now.IsSupersetOf(canary).Should().BeTrue();
            ChiSquare(now.Count, keys.Length, share).Should().BeLessThan(10.83, "p = 0.001 with one degree of freedom");
            canary = now;
        }

        var back = new TrafficRouter(document.Next(TrafficPolicy.Canary(One, Two, 0.2)));
        keys.Count(key => back.Choose(key) == 1 && !canary.Contains(key)).Should().Be(0);
    }

    [Fact]
    public void Choose_WithoutKey_SpreadsByTheWeights()
    {
        var router = new TrafficRouter(new TrafficDocument { Salt = "ff0102030405060708090a0b0c0d0e0f", Shares = [] }.Next(TrafficPolicy.Canary(One, Two, 0.25)));
        var canary = Enumerable.Range(0, 20_000).Count(_ => router.Choose(null) == 1);
        ChiSquare(canary, 20_000, 0.25).Should().BeLessThan(10.83);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(-0.5)]
    [InlineData(double.NaN)]
    [InlineData(1.0)]
    [InlineData(2.0)]
    public void Validate_ImpossibleCanary_IsRefused(double share) =>
        FluentActions.Invoking(() => TrafficPolicy.Canary(One, Two, share).Validate()).Should().Throw<InvalidDefinitionException>();

    private static long Size(IEnumerable<TrafficRange> ranges, string version) => ranges.Where(range => range.Version == version).Sum(range => range.End - range.Start);

    private static long Overlap(IReadOnlyList<TrafficRange> before, IReadOnlyList<TrafficRange> after, string version) =>
        (from a in before
         where a.Version == version
         from b in after
         where b.Version == version
         select Math.Max(0, Math.Min(a.End, b.End) - Math.Max(a.Start, b.Start))).Sum();

    private static double ChiSquare(int hits, int total, double share)
    {
        var expected = total * share;
        return (Math.Pow(hits - expected, 2) / expected) + (Math.Pow(hits - expected, 2) / (total - expected));
    }
}
