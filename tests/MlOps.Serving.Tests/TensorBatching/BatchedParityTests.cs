using System.Globalization;

namespace MlOps.Serving.Tests.TensorBatching;

/// <summary>Answers from batches against plain runs of ONNX Runtime: the same bits at the same batch size, 1e-5 otherwise.</summary>
public sealed class BatchedParityTests
{
    public static TheoryData<string> Models => [.. All.Keys];

    private static Dictionary<string, (byte[] Onnx, Func<Random, int, Dictionary<string, ModelValue>> Inputs)> All { get; } = new()
    {
        ["two inputs"] = (TensorModels.TwoInputs(1, 5, 3, 16), (random, rows) => new() { ["left"] = Floats(random, rows, 5), ["right"] = Floats(random, rows, 3) }),
        ["two inputs, wide"] = (TensorModels.TwoInputs(2, 64, 32, 128, 64), (random, rows) => new() { ["left"] = Floats(random, rows, 64), ["right"] = Floats(random, rows, 32) }),
        ["encoder"] = (TensorModels.Encoder(3, 20, 8, 1, 16), (random, rows) => new() { ["ids"] = Ids(random, rows, 6, 20), ["mask"] = Ids(random, rows, 6, 1, 1) }),
        ["rows"] = (OnnxModels.Mlp(4, 6, 12, 2), (random, rows) => new() { ["input"] = Floats(random, rows, 6) }),
    };

    [Theory]
    [MemberData(nameof(Models))]
    public async Task RunAsync_RequestOfSeveralRows_GivesTheBitsOfAPlainRun(string model)
    {
        var (onnx, inputs) = All[model];
        using var runtime = OnnxModelRuntime.Load(onnx, new OnnxRuntimeOptions(), "test");
        using var gate = new GatedRuntime(runtime);
        using var engine = new TensorEngine(gate, new BatchingOptions(), TimeProvider.System);
        var random = new Random(1);
        foreach (var rows in (int[])[1, 2, 3, 7, 16, 33, 3, 16, 1])
        {
            var request = inputs(random, rows);
            var answer = await engine.RunAsync(request, null, 0, default);
            foreach (var (name, value) in runtime.Run(request))
            {
                var (expected, actual) = ((TensorValue)value, (TensorValue)answer.Outputs![name]);
                actual.Shape.ToArray().Should().Equal(expected.Shape.ToArray());
                actual.Bytes.SequenceEqual(expected.Bytes).Should().BeTrue(string.Create(CultureInfo.InvariantCulture, $"output {name} of {rows} rows is the same to the bit"));
            }
        }

        gate.BoundRuns.Should().NotBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task RunAsync_RequestsThatShareBatches_AreNearTheirSoloRuns(string model)
    {
        var (onnx, inputs) = All[model];
        using var runtime = OnnxModelRuntime.Load(onnx, new OnnxRuntimeOptions(), "test");
        using var gate = new GatedRuntime(runtime);
        using var engine = new TensorEngine(gate, new BatchingOptions { Parallelism = 1, ParallelRows = 1, MaximumBatchSize = 32 }, TimeProvider.System);
        var random = new Random(2);
        var requests = Enumerable.Range(0, 40).Select(i => inputs(random, 1 + (i % 3))).ToArray();
        gate.Gate.Reset();
        var first = Task.Run(async () => await engine.RunAsync(inputs(random, 1), null, 0, default));
        await gate.Entered.WaitAsync();
        var running = requests.Select(request => engine.RunAsync(request, null, 0, default).AsTask()).ToArray();
        gate.Gate.Set();
        await first;
        var answers = await Task.WhenAll(running);
        gate.BoundRuns.Should().Contain(rows => rows > 3);
        for (var i = 0; i < requests.Length; i++)
        {
            foreach (var (name, value) in runtime.Run(requests[i]))
            {
                var (expected, actual) = ((TensorValue)value, (TensorValue)answers[i].Outputs![name]);
                actual.Shape.ToArray().Should().Equal(expected.Shape.ToArray());
                expected.AsSpan<float>().ToArray().Zip(actual.AsSpan<float>().ToArray()).Max(pair => Math.Abs(pair.First - pair.Second)).Should().BeLessThan(1e-5f);
            }
        }
    }

    [Fact]
    public async Task RunAsync_TextsAndMaps_AreBatchedAndSplitRowByRow()
    {
        using var runtime = OnnxModelRuntime.Load(TensorModels.Words(), new OnnxRuntimeOptions(), "test");
        using var gate = new GatedRuntime(runtime);
        using var engine = new TensorEngine(gate, new BatchingOptions { Parallelism = 1, ParallelRows = 1, MaximumBatchSize = 32 }, TimeProvider.System);
        gate.Gate.Reset();
        var first = Task.Run(async () => await engine.RunAsync(Word("one", 1), null, 0, default));
        await gate.Entered.WaitAsync();
        var running = Enumerable.Range(0, 30).Select(i => engine.RunAsync(Word(i % 2 == 0 ? "two" : "other", i), null, 0, default).AsTask()).ToArray();
        gate.Gate.Set();
        await first;
        var answers = await Task.WhenAll(running);
        for (var i = 0; i < answers.Length; i++)
        {
            var expected = i + (i % 2 == 0 ? 2f : 0f);
            ((TensorValue)answers[i].Outputs!["sum"]).AsSpan<float>().ToArray().Should().Equal(expected);
            var map = ((SequenceValue)answers[i].Outputs!["maps"]).Items.Should().ContainSingle().Which.Should().BeOfType<MapValue>().Which;
            (map.Keys.AsSpan<long>()[0], map.Values.AsSpan<float>()[0]).Should().Be((7L, expected));
        }

        gate.SingleRuns.Should().Be(4, "one alone, one batch, and two of the batch's requests to compare with");

        static Dictionary<string, ModelValue> Word(string word, float x) => new() { ["word"] = TensorValue.Create([word], 1, 1), ["x"] = TensorValue.Create([x], 1, 1) };
    }

    private static TensorValue<float> Floats(Random random, int rows, int width) => TensorValue.Create(OnnxModels.Values(random, rows * width), rows, width);

    private static TensorValue<long> Ids(Random random, int rows, int width, int below, int from = 0) =>
        TensorValue.Create([.. Enumerable.Range(0, rows * width).Select(_ => (long)random.Next(from, Math.Max(below, from + 1)))], rows, width);
}
