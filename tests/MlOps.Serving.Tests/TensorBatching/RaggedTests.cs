namespace MlOps.Serving.Tests.TensorBatching;

public sealed class RaggedTests
{
    private const int Vocabulary = 50;
    private const int Width = 16;
    private static readonly byte[] Encoder = TensorModels.Encoder(1, Vocabulary, Width, layers: 2, inner: 32);

    private static readonly BatchingOptions Options = new()
    {
        MaximumBatchSize = 16, Parallelism = 1, ParallelRows = 1,
        Tensors = new() { Ragged = new() { Lengths = new Dictionary<string, int> { ["ids"] = 1 }, Mask = "mask" } },
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RunAsync_MixedLengths_EveryRowEqualsItsSoloRun(bool maskGiven)
    {
        using var runtime = OnnxModelRuntime.Load(Encoder, new OnnxRuntimeOptions(), "test");
        using var gate = new GatedRuntime(runtime);
        using var engine = new TensorEngine(gate, Options, TimeProvider.System);
        var random = new Random(2);
        var texts = Enumerable.Range(0, 60).Select(_ => Text(random, random.Next(1, 41))).ToArray();
        gate.Gate.Reset();
        var first = Task.Run(async () => await engine.RunAsync(Text(random, 8), null, 0, default));
        await gate.Entered.WaitAsync();
        var running = texts.Select(text => engine.RunAsync(maskGiven ? WithMask(text) : text, null, 0, default).AsTask()).ToArray();
        gate.Gate.Set();
        await first;
        var answers = await Task.WhenAll(running);

        gate.BoundRuns.Sum().Should().BeGreaterThan(50, "most of the requests ran in batches");
        for (var i = 0; i < texts.Length; i++)
        {
            answers[i].Status.Should().Be(PredictionStatus.Ok);
            var solo = runtime.Run(WithMask(texts[i]));
            foreach (var output in (string[])["hidden", "pooled"])
            {
                var (expected, actual) = ((TensorValue)solo[output], (TensorValue)answers[i].Outputs![output]);
                actual.Shape.ToArray().Should().Equal(expected.Shape.ToArray());
                MaximumDifference(expected, actual).Should().BeLessThan(1e-5f);
            }
        }
    }

    [Fact]
    public async Task RunAsync_LongerThanTheLastBoundary_RunsByItsOwnLength()
    {
        using var runtime = OnnxModelRuntime.Load(Encoder, new OnnxRuntimeOptions(), "test");
        using var engine = new TensorEngine(runtime, WithRagged(ragged => ragged with { Boundaries = [4, 8] }), TimeProvider.System);
        var answer = await engine.RunAsync(Text(new Random(1), 11), null, 0, default);
        ((TensorValue)answer.Outputs!["hidden"]).Shape.ToArray().Should().Equal(1, 11, Width);
    }

    [Theory]
    [InlineData("idz", "idz")]
    [InlineData("ids", "mask")]
    public void Engine_RaggedOptionsThatDoNotFitTheModel_SaysWhatTheModelHas(string input, string mask)
    {
        using var runtime = OnnxModelRuntime.Load(Encoder, new OnnxRuntimeOptions(), "test");
        var make = () => new TensorEngine(
            runtime, WithRagged(_ => new() { Lengths = new Dictionary<string, int> { [input] = input == "ids" ? 2 : 1 }, Mask = mask }), TimeProvider.System);
        make.Should().Throw<InvalidDefinitionException>().WithMessage(input == "ids" ? "*dimension 2*batch, tokens*" : "*idz*ids*");
    }

    [Fact]
    public void Grid_AnyLength_IsAtLeastTheLengthAndWastesAtMostAQuarterBeyondThirtyTwo()
    {
        for (var length = 1; length <= 5000; length++)
        {
            var padded = LengthBuckets.Grid(length);
            padded.Should().BeGreaterThanOrEqualTo(length);
            (padded - length).Should().BeLessThan(Math.Max(8, (length / 4) + 1));
            LengthBuckets.Grid(padded).Should().Be(padded);
        }
    }

    [Fact]
    public void Optimum_FewLengths_EqualsExhaustiveSearch()
    {
        var random = new Random(5);
        for (var round = 0; round < 50; round++)
        {
            var seen = Enumerable.Range(0, 7).Select(_ => random.Next(1, 40) * 4).Distinct().Order().Select(length => KeyValuePair.Create(length, (long)random.Next(1, 100))).ToArray();
            var best = LengthBuckets.Optimum(seen, 3);
            var cheapest = Subsets(seen.Select(pair => pair.Key).ToArray(), Math.Min(3, seen.Length)).Min(chosen => Cost(seen, chosen));
            Cost(seen, best).Should().Be(cheapest);
        }

        static long Cost(KeyValuePair<int, long>[] seen, int[] boundaries) =>
            seen.Sum(pair => boundaries.Where(boundary => boundary >= pair.Key).DefaultIfEmpty(1_000_000).Min() * pair.Value);
        static IEnumerable<int[]> Subsets(int[] from, int count) => count == 0 ? [[]]
            : from.SelectMany((last, i) => Subsets(from[..i], count - 1).Select(rest => (int[])[.. rest, last]));
    }

    [Fact]
    public void Fit_LengthsSeenOften_BecomeTheBoundaries()
    {
        var buckets = new LengthBuckets([], 2);
        buckets.Fit(9).Should().Be(16);
        for (var i = 0; i < 300; i++)
            buckets.Fit(i % 2 == 0 ? 12 : 100);
        buckets.Boundaries.Should().Equal(12, 100);
        buckets.Fit(9).Should().Be(12);
        buckets.Fit(90).Should().Be(100);
        buckets.Fit(101).Should().Be(112);
    }

    private static BatchingOptions WithRagged(Func<RaggedOptions, RaggedOptions> change) => Options with { Tensors = new() { Ragged = change(Options.Tensors.Ragged!) } };

    private static Dictionary<string, ModelValue> Text(Random random, int length) =>
        new() { ["ids"] = TensorValue.Create([.. Enumerable.Range(0, length).Select(_ => (long)random.Next(Vocabulary))], 1, length) };

    private static Dictionary<string, ModelValue> WithMask(Dictionary<string, ModelValue> text)
    {
        var length = ((TensorValue)text["ids"]).Length;
        return new(text) { ["mask"] = TensorValue.Create([.. Enumerable.Repeat(1L, length)], 1, length) };
    }

    private static float MaximumDifference(TensorValue a, TensorValue b) =>
        a.AsSpan<float>().ToArray().Zip(b.AsSpan<float>().ToArray()).Max(pair => Math.Abs(pair.First - pair.Second));
}
