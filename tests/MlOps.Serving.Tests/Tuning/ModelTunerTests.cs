using System.Globalization;
using System.Text.Json;
using FluentAssertions;
using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace MlOps.Serving.Tests.Tuning;

public sealed class ModelTunerTests
{
    private static readonly IReadOnlyDictionary<string, int> NoDimensions = new Dictionary<string, int>();
    private static readonly IReadOnlyDictionary<string, double> NoConstants = new Dictionary<string, double>();

    [Fact]
    public async Task TuneAsync_OfASmallModel_GivesSettingsThatTheEngineLoads()
    {
        var model = OnnxModels.Mlp(1, 8, 16, 1);
        var progress = new List<string>();
        var result = await ModelTuner.StartAsync(
            model, new ModelTuningRequest { Name = "small", Budget = TimeSpan.FromSeconds(1), MaximumBatchSize = 16 }, new Progress(progress.Add));
        progress.Should().HaveCount(4);
        result.Machine!.GemmFlops.Should().BeGreaterThan(0);
        result.Work!.Operations.Should().Be(2 * ((8 * 16) + 16));
        result.Front.Should().NotBeEmpty();
        result.Best.Curve!.Points[0].Rows.Should().Be(1);
        result.Tried.Should().BeLessThan(result.Grid);
        result.ToMarkdown().Should().Contain("Pareto front").And.Contain("GFLOP/s");
        result.ToHtml().Should().Contain("roofline");
        using var json = JsonDocument.Parse(result.ToAppSettings("production"));
        json.RootElement.GetProperty("MlOps").GetProperty("Environments").GetProperty("production").GetProperty("Serving").GetProperty("Models")
            .GetProperty("small").GetProperty("MaxBatchSize").GetInt32().Should().Be(result.Best.Batching.MaximumBatchSize);
        using var engine = new BatchEngine(OnnxModelRuntime.Load(model, result.Best.Runtime, "small"), result.Best.Batching, TimeProvider.System);
        var scores = new float[1];
        (await engine.PredictAsync(new float[8], scores)).Status.Should().Be(PredictionStatus.Ok);
    }

    [Fact]
    public async Task TuneAsync_WithEqualRows_RefusesThemAsConstant()
    {
        var row = new float[8];
        var tune = () => ModelTuner.StartAsync(OnnxModels.Mlp(1, 8, 4, 1), new ModelTuningRequest { Name = "m", Rows = [row, [.. row], [.. row]] });
        (await tune.Should().ThrowAsync<InvalidInputException>()).WithMessage("*3 rows*all the same*");
        var narrow = () => ModelTuner.StartAsync(OnnxModels.Mlp(1, 8, 4, 1), new ModelTuningRequest { Name = "m", Rows = [new float[7]] });
        (await narrow.Should().ThrowAsync<InvalidInputException>()).WithMessage("*7 values*takes 8*");
    }

    [Fact]
    public async Task TuneAsync_WithAnOpenDimension_NamesIt()
    {
        var model = OnnxModels.Model(graph =>
        {
            OnnxModels.Node(graph, "Relu", ["x"], ["y"]);
            OnnxModels.ValueInfo(graph, 11, "x", "N", "length");
            OnnxModels.ValueInfo(graph, 12, "y", "N", "length");
        });
        var tune = () => ModelTuner.StartAsync(model, new ModelTuningRequest { Name = "m" });
        (await tune.Should().ThrowAsync<InvalidDefinitionException>()).WithMessage("*'length'*Dimensions*");
        using var runtime = FlatOnnxRuntime.Load(model, new OnnxRuntimeOptions(), new Dictionary<string, int> { ["length"] = 5 }, NoConstants, "m");
        runtime.InputWidth.Should().Be(5);
        runtime.OutputWidth.Should().Be(5);
    }

    [Fact]
    public void FlatRuntime_OfAPerceptron_AnswersAsTheEngineRuntimeDoes()
    {
        var model = OnnxModels.Mlp(3, 6, 8, 2);
        using var flat = FlatOnnxRuntime.Load(model, new OnnxRuntimeOptions(), NoDimensions, NoConstants, "m");
        using var plain = OnnxModelRuntime.Load(model, new OnnxRuntimeOptions(), "m");
        using var one = flat.CreateBuffer(4);
        using var other = plain.CreateBuffer(4);
        OnnxModels.Values(new Random(1), 24).CopyTo(one.Input);
        one.Input.CopyTo(other.Input);
        for (var rows = 1; rows <= 4; rows++)
        {
            one.Run(rows);
            other.Run(rows);
            one.Output[..(rows * 2)].ToArray().Should().Equal(other.Output[..(rows * 2)].ToArray());
        }
    }

    // y = x + state[1] + offset: the state has its rows in the second dimension, the offset belongs to all rows and is a whole number.
    [Fact]
    public void FlatRuntime_WithRecurrentStateAndSharedInput_LaysRowsOutAsTheModelWantsThem()
    {
        var model = OnnxModels.Model(graph =>
        {
            OnnxModels.Node(graph, "Gather", ["state", "second"], ["last"], node => node.Message(5, axis => axis.Text(1, "axis").Int(3, 0).Int(20, 2)));
            OnnxModels.Node(graph, "Cast", ["offset"], ["number"], node => node.Message(5, to => to.Text(1, "to").Int(3, 1).Int(20, 2)));
            OnnxModels.Node(graph, "Add", ["x", "last"], ["sum"]);
            OnnxModels.Node(graph, "Add", ["sum", "number"], ["y"]);
            graph.Message(5, tensor => OnnxModels.TensorBody(tensor, "second", [], 7, BitConverter.GetBytes(1L)));
            OnnxModels.ValueInfo(graph, 11, "x", "N", 2);
            OnnxModels.ValueInfo(graph, 11, "state", 2, "N", 2);
            graph.Message(11, info => info.Text(1, "offset").Message(2, type => type.Message(1, tensor => tensor.Int(1, 7).Message(2, _ => { }))));
            OnnxModels.ValueInfo(graph, 12, "y", "N", 2);
        });
        using var runtime = FlatOnnxRuntime.Load(model, new OnnxRuntimeOptions(), NoDimensions, new Dictionary<string, double> { ["offset"] = 1000 }, "m");
        runtime.InputWidth.Should().Be(6);
        using var buffer = runtime.CreateBuffer(3);
        for (var row = 0; row < 3; row++)
        {
            float[] values = [row, row + 0.5f, -1, -1, 10 * row, (10 * row) + 5];
            values.CopyTo(buffer.Input.Span[(row * 6)..]);
        }

        buffer.Run(3);
        buffer.Output.ToArray().Should().Equal(1000, 1005.5f, 1011, 1016.5f, 1022, 1027.5f);
    }

    [Fact]
    public void Spread_OfAFewStoredRows_KeepsTheirRanges()
    {
        float[][] rows = [[1, 100], [2, 50], [1.5f, 75]];
        var spread = ModelTuner.Spread(rows, 1);
        spread.Should().HaveCount(4096);
        spread.Should().OnlyContain(row => row[0] >= 1 && row[0] <= 2 && row[1] >= 50 && row[1] <= 100);
        spread.Select(row => row[0]).Distinct().Count().Should().BeGreaterThan(2000);
    }

    [Fact]
    public void RowPool_Copied_TakesRowsInTurnAndStartsOver()
    {
        var pool = RowPool.From([[1], [2], [3]], 1, "m");
        var rows = new float[5];
        pool.Copy(2, 5, rows);
        rows.Should().Equal(3, 1, 2, 3, 1);
        pool.Distinct.Should().Be(3);
        pool[4].ToArray().Should().Equal(2);
    }

    // 2 operations a multiply-add: 1x1 convolution of 3 into 4 channels over 5x5, and a product of [2, 6] by [6, 7].
    [Fact]
    public void Count_OfAProfile_CountsMultiplyAddsAndTrees()
    {
        const string profile = """
            [{"cat":"Session","name":"model_run"},
             {"cat":"Node","name":"c_kernel_time","args":{"op_name":"Conv","node_index":"0","input_type_shape":[{"float":[1,3,5,5]},{"float":[4,3,1,1]}],"output_type_shape":[{"float":[1,4,5,5]}]}},
             {"cat":"Node","name":"m_kernel_time","args":{"op_name":"MatMul","node_index":"1","input_type_shape":[{"float":[2,6]},{"float":[6,7]}],"output_type_shape":[{"float":[2,7]}]}},
             {"cat":"Node","name":"t_kernel_time","args":{"op_name":"TreeEnsembleRegressor","node_index":"2","input_type_shape":[{"float":[1,9]}],"output_type_shape":[{"float":[1,1]}]}},
             {"cat":"Node","name":"r_kernel_time","args":{"op_name":"Relu","node_index":"3","input_type_shape":[{"float":[2,7]}],"output_type_shape":[{"float":[2,7]}]}}]
            """;
        var work = ModelWorkProbe.Count(System.Text.Encoding.UTF8.GetBytes(profile), treeLevels: 60, weightBytes: 10, rows: 1);
        work.Operations.Should().Be((2 * 4 * 25 * 3) + (2 * 14 * 6) + 60);
        work.ActivationBytes.Should().Be(4 * (100 + 14 + 1 + 14));
        work.WeightBytes.Should().Be(10);
    }

    [Fact]
    public void Machine_Calibrated_IsPlausible()
    {
        var machine = ModelTuner.Machine;
        machine.RuntimeVersion.Should().Be(OrtEnv.Instance().GetVersionString());
        machine.Cores.Should().Be(Environment.ProcessorCount);
        machine.CopyBytesPerSecond.Should().BeGreaterThan(1e8);
        machine.ToString().Should().Contain(machine.Processor).And.Contain("GFLOP/s").And.NotContain(Environment.MachineName.ToString(CultureInfo.InvariantCulture) + " ");
    }

    private sealed class Progress(Action<string> report) : IProgress<string>
    {
        public void Report(string value) => report(value);
    }
}
