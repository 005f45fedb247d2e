using System.Globalization;

namespace MlOps.Serving.Tests.Runtimes;

public sealed class OnnxModelRuntimeTests
{
    [Fact]
    public void Load_Mlp_DescribesItsTensors()
    {
        using var runtime = Load(OnnxModels.Mlp(1, 5, 8, 2));
        runtime.Inputs.Should().ContainSingle().Which.Should().BeEquivalentTo(new { Name = "input", ElementType = "float", Shape = new[] { "N", "5" } });
        runtime.Outputs.Should().ContainSingle().Which.Shape.Should().Equal("N", "2");
        (runtime.InputWidth, runtime.OutputWidth, runtime.FixedBatchSize).Should().Be((5, 2, null));
    }

    [Fact]
    public void Run_EveryBatchSize_GivesThePlainSessionsBits()
    {
        using var runtime = Load(OnnxModels.Mlp(2, 7, 16, 3));
        using var buffer = runtime.CreateBuffer(33);
        var random = new Random(3);
        for (var rows = 1; rows <= 33; rows++)
        {
            var input = OnnxModels.Values(random, rows * 7);
            input.CopyTo(buffer.Input.Span);
            buffer.Run(rows);
            buffer.Output.Span[..(rows * 3)].ToArray().Should().Equal(Plain(runtime, input, rows, 3));
        }
    }

    [Fact]
    public void Run_ModelWithFixedBatch_ComputesTheRowsAsked()
    {
        using var runtime = Load(OnnxModels.Mlp(2, 4, 7, 16, 3));
        runtime.FixedBatchSize.Should().BeNull();
        using var fixedRuntime = Load(OnnxModels.Mlp(2, (object)4, 7, 16, 3));
        fixedRuntime.FixedBatchSize.Should().Be(4);
        using var buffer = fixedRuntime.CreateBuffer(100);
        buffer.MaximumRows.Should().Be(4);
        var input = OnnxModels.Values(new Random(5), 4 * 7);
        input.CopyTo(buffer.Input.Span);
        buffer.Run(2);
        buffer.Output.Span[..6].ToArray().Should().Equal(Plain(fixedRuntime, input, 4, 3)[..6]);
    }

    [Fact]
    public async Task Engine_ManyCallers_GiveEachRowsOwnScores()
    {
        // Bit equality between batch sizes is not promised by GEMM kernels: each row must equal its solo run to 1e-6.
        using var runtime = Load(OnnxModels.Mlp(7, 10, 32, 4));
        using var engine = new BatchEngine(Load(OnnxModels.Mlp(7, 10, 32, 4)), new BatchingOptions { MaximumBatchSize = 32, ParallelRows = 4 }, TimeProvider.System);
        var random = new Random(11);
        var rows = Enumerable.Range(0, 2000).Select(_ => OnnxModels.Values(random, 10)).ToArray();
        using var solo = runtime.CreateBuffer(1);
        var expected = rows.Select(row =>
        {
            row.CopyTo(solo.Input.Span);
            solo.Run(1);
            return solo.Output.ToArray();
        }).ToArray();
        await Parallel.ForAsync(0, rows.Length, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, token) =>
        {
            var scores = new float[4];
            (await engine.PredictAsync(rows[i], scores, 0, token)).Status.Should().Be(PredictionStatus.Ok);
            for (var k = 0; k < 4; k++)
                scores[k].Should().BeApproximately(expected[i][k], 1e-6f, string.Create(CultureInfo.InvariantCulture, $"row {i}"));
        });
    }

    // The tasks are complete when they return: nothing blocks.
#pragma warning disable xUnit1031
    [Fact]
    public void Engine_SingleCaller_AllocatesNothing()
    {
        using var engine = new BatchEngine(Load(OnnxModels.Mlp(7, 10, 32, 4)), new BatchingOptions(), TimeProvider.System);
        var row = OnnxModels.Values(new Random(1), 10);
        var scores = new float[4];
        for (var i = 0; i < 100; i++)
            engine.PredictAsync(row, scores).Result.Status.Should().Be(PredictionStatus.Ok);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
        {
            if (engine.PredictAsync(row, scores).GetAwaiter().GetResult().Status != PredictionStatus.Ok)
                throw new InvalidOperationException();
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThanOrEqualTo(10_000 * AllocationBudget.ReadAll()["serving.engine"]);
    }
#pragma warning restore xUnit1031

    internal static OnnxModelRuntime Load(byte[] model) => OnnxModelRuntime.Load(model, new OnnxRuntimeOptions(), "test:1");

    private static float[] Plain(OnnxModelRuntime runtime, float[] input, int rows, int outputs)
    {
        using var value = Microsoft.ML.OnnxRuntime.OrtValue.CreateTensorValueFromMemory(input, [rows, runtime.InputWidth]);
        using var options = new Microsoft.ML.OnnxRuntime.RunOptions();
        using var results = runtime.Session.Run(options, ["input"], [value], ["output"]);
        return results[0].GetTensorDataAsSpan<float>()[..(rows * outputs)].ToArray();
    }
}
