using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.ML.OnnxRuntime;

namespace MlOps.Serving.Tests.Runtimes;

public sealed class OnnxRuntimeOptionsTests
{
    [Fact]
    public void Validate_SeveralWrongFields_NamesThemAll()
    {
        var options = new OnnxRuntimeOptions
        {
            IntraOpThreads = 3, InterOpThreads = -1, Instances = 0, ThreadAffinities = ["1;x", "2"], GraphOptimization = (GraphOptimization)7, RequireDevice = true,
            SessionConfig = new Dictionary<string, string> { [""] = "1" },
        };
        options.Invoking(o => o.Validate()).Should().Throw<InvalidDefinitionException>().Which.Message.Should()
            .ContainAll("InterOpThreads", "-1", "Instances", "ThreadAffinities", "1;x", "IntraOpThreads 3", "GraphOptimization", "RequireDevice", "SessionConfig");
        (new OnnxRuntimeOptions { Devices = [new DeviceOptions { Kind = DeviceKind.Cuda, DeviceId = -1, MemoryLimitBytes = 5 }] })
            .Invoking(o => o.Validate()).Should().Throw<InvalidDefinitionException>().WithMessage("*Devices[[]0].DeviceId*Devices[[]0].MemoryLimitBytes*".Replace("[[]", "["));
        new OnnxRuntimeOptions().Validate();
    }

    [Fact]
    public void Load_EverySetting_GivesTheSameBits()
    {
        var model = OnnxModels.Mlp(4, 64, 128, 128, 8);
        var expected = Run(model, new OnnxRuntimeOptions());
        OnnxRuntimeOptions[] all =
        [
            new() { IntraOpThreads = 2 }, new() { IntraOpThreads = 2, ThreadAffinities = ["1"] }, new() { IntraOpThreads = 2, AllowSpinning = true },
            new() { ParallelExecution = true, InterOpThreads = 2 }, new() { UseArena = false, UseMemoryPattern = false }, new() { Deterministic = true },
            new() { GraphOptimization = GraphOptimization.None }, new() { ShareAllocator = true }, new() { Instances = 2 }, new() { Instances = 3 },
            new() { Instances = 3, ShareWeights = false }, new() { SessionConfig = new Dictionary<string, string> { ["session.disable_prepacking"] = "0" } },
        ];
        foreach (var options in all)
            Run(model, options).Should().Equal(expected, options.ToString());
    }

    [Fact]
    public void Load_UnknownSetting_IsRefusedByName() =>
        FluentActions.Invoking(() => Run(OnnxModels.Mlp(4, 4, 2), new OnnxRuntimeOptions { Instances = -3 })).Should().Throw<InvalidDefinitionException>().WithMessage("*Instances*-3*");

    [Fact]
    public void Instances_Buffers_TakeSessionsInTurn()
    {
        using var runtime = OnnxModelRuntime.Load(OnnxModels.Mlp(4, 64, 8), new OnnxRuntimeOptions { Instances = 3 }, "test:1");
        runtime.Instances.Should().Be(3);
        var buffers = Enumerable.Range(0, 6).Select(_ => (OnnxBatchBuffer)runtime.CreateBuffer(2)).ToArray();
        buffers.GroupBy(buffer => buffer.Session).Should().HaveCount(3).And.OnlyContain(group => group.Count() == 2);
        foreach (var buffer in buffers)
            buffer.Dispose();
    }

    [Fact]
    public void SharedWeights_InstancesAndVersions_HoldEqualBytesOnce()
    {
        var before = SharedWeights.Bytes;
        var model = OnnxModels.Mlp(11, 128, 256, 8);
        var options = new OnnxRuntimeOptions { Instances = 3 };
        using (var first = OnnxModelRuntime.Load(model, options, "test:1"))
        using (var second = OnnxModelRuntime.Load(model, options, "test:2"))
            (SharedWeights.Bytes - before).Should().Be(((128 * 256) + (256 * 8)) * 4);
        SharedWeights.Bytes.Should().Be(before);
    }

    [Fact]
    public async Task OptimizedModelFolder_SecondLoad_TakesTheKeptGraph()
    {
        await using var environment = new TestEnvironment();
        var folder = Path.Combine(environment.Context.Directory, "optimized");
        var options = new OnnxRuntimeOptions { OptimizedModelFolder = folder };
        var model = OnnxModels.Mlp(4, 16, 32, 8);
        var files = environment.Context.Files;
        var first = Run(model, options, files);
        Directory.GetFiles(folder).Should().ContainSingle().Which.Should().EndWith(".onnx");
        var written = File.GetLastWriteTimeUtc(Directory.GetFiles(folder)[0]);
        Run(model, options, files).Should().Equal(first);
        Run(model, options with { GraphOptimization = GraphOptimization.Basic }, files).Should().Equal(first);
        Directory.GetFiles(folder).Should().HaveCount(2).And.NotContain(file => file.EndsWith(".tmp", StringComparison.Ordinal));
        Directory.GetFiles(folder).Select(File.GetLastWriteTimeUtc).Should().Contain(written);
    }

    [Fact]
    public void Devices_ProviderNotInThisBuild_RunsOnCpuAndSaysWhy()
    {
        var told = new List<(string Device, string Reason)>();
        var options = new OnnxRuntimeOptions { Devices = [new DeviceOptions { Kind = DeviceKind.TensorRt }, new DeviceOptions { Kind = DeviceKind.Cuda, DeviceId = 1 }] };
        if (OnnxEnvironment.Providers().Contains("CUDAExecutionProvider"))
            return;
        using var runtime = OnnxModelRuntime.Load(OnnxModels.Mlp(4, 4, 2), options, "test:1", onFallBack: (device, reason) => told.Add((device, reason)));
        runtime.Device.Should().Be("cpu");
        runtime.DeviceReason.Should().ContainAll("tensorrt:0", "TensorrtExecutionProvider", "cuda:1", "CUDAExecutionProvider", "CPUExecutionProvider");
        told.Should().ContainSingle().Which.Device.Should().Be("tensorrt:0, cuda:1");
        FluentActions.Invoking(() => OnnxModelRuntime.Load(OnnxModels.Mlp(4, 4, 2), options with { RequireDevice = true }, "test:1"))
            .Should().Throw<InvalidDefinitionException>().WithMessage("*test:1*nowhere else*CUDAExecutionProvider*");
    }

    [Fact]
    public async Task Devices_ThatCannotBeHad_ShowInStatusAndMetrics()
    {
        if (OnnxEnvironment.Providers().Contains("CUDAExecutionProvider"))
            return;
        var counted = new List<string>();
        using var listener = new System.Diagnostics.Metrics.MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Name == "mlops.serving.device.fallback")
                    l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => counted.Add(string.Join(" ", tags.ToArray().Select(tag => tag.Value))));
        listener.Start();
        await using var fixture = new ServingFixture((services, environment) => services.Configure<ServingOptions>(
            environment, options => options.Runtime = new OnnxRuntimeOptions { Devices = [new DeviceOptions { Kind = DeviceKind.Cuda }] }));
        var version = await fixture.RegisterScaleAsync(2);
        var status = await fixture.Services.GetRequiredKeyedService<IServedModels>("sandbox").LoadAsync(version);
        (status.Device, status.DeviceReason).Should().Be(("cpu", status.DeviceReason));
        status.DeviceReason.Should().Contain("CUDAExecutionProvider");
        counted.Should().Contain(entry => entry.Contains("cuda:0"));
    }

    [Fact]
    public void DeviceLost_WhileRunning_GoesOnOnCpuOnce()
    {
        var model = OnnxModels.Mlp(4, 4, 8, 2);
        var told = 0;
        var options = new OnnxRuntimeOptions { Devices = [new DeviceOptions { Kind = DeviceKind.Cuda }] };
        using var runtime = OnnxModelRuntime.Load(new LosingSource(model, options), options, 1, "test:1", NullLogger.Instance, (_, _) => told++);
        using var cpu = OnnxModelRuntime.Load(model, new OnnxRuntimeOptions(), "test:1");
        (runtime.Device, runtime.DeviceReason).Should().Be(("cuda:0", null));
        using var buffer = runtime.CreateBuffer(2);
        using var expected = cpu.CreateBuffer(2);
        new[] { 1f, 2f, 3f, 4f }.CopyTo(buffer.Input.Span);
        new[] { 1f, 2f, 3f, 4f }.CopyTo(expected.Input.Span);
        buffer.Run(1);
        expected.Run(1);
        buffer.Output.Span[..2].ToArray().Should().Equal(expected.Output.Span[..2].ToArray());
        runtime.Run(new Dictionary<string, ModelValue> { ["input"] = TensorValue.Create(new float[4], 1, 4) }).Should().ContainKey("output");
        (runtime.Device, told).Should().Be(("cpu", 1));
        runtime.DeviceReason.Should().Contain("CUDA failure 999");
        FluentActions.Invoking(() => runtime.Run(new Dictionary<string, ModelValue> { ["input"] = TensorValue.Create(new float[3], 1, 3) })).Should().Throw<InvalidInputException>();
        told.Should().Be(1);
    }

    private static float[] Run(byte[] model, OnnxRuntimeOptions options, IFileSystem? files = null)
    {
        using var runtime = OnnxModelRuntime.Load(model, options, "test:1", files);
        var results = new List<float[]>();
        for (var i = 0; i < runtime.Instances; i++)
        {
            using var buffer = runtime.CreateBuffer(3);
            OnnxModels.Values(new Random(9), 3 * runtime.InputWidth).CopyTo(buffer.Input.Span);
            buffer.Run(3);
            results.Add(buffer.Output.ToArray());
        }

        results.Should().AllSatisfy(result => result.Should().Equal(results[0]));
        return results[0];
    }

    /// <summary>Pretends that sessions run on a GPU, which is lost at the first run.</summary>
    private sealed class LosingSource(byte[] model, OnnxRuntimeOptions options) : OnnxSessionSource(model, options, "test:1")
    {
        private readonly byte[] _model = model;

        protected override OnnxSession OpenOne(DeviceOptions device, int instance) =>
            device.Kind == DeviceKind.Cpu ? base.OpenOne(device, instance) : new LostSession(new InferenceSession(_model), device);
    }

    private sealed class LostSession(InferenceSession session, DeviceOptions device) : OnnxSession(session, device)
    {
        public override IDisposableReadOnlyCollection<OrtValue> Run(
            RunOptions options, IReadOnlyCollection<string> names, IReadOnlyCollection<OrtValue> values, IReadOnlyCollection<string> wanted) => throw Lost();

        public override void RunWithBinding(RunOptions options, OrtIoBinding binding) => throw Lost();

        // The binding's exception has no public constructor.
        private static Exception Lost()
        {
            var constructor = typeof(OnnxRuntimeException).GetConstructors(System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)[0];
            return (Exception)constructor.Invoke([Enum.ToObject(constructor.GetParameters()[0].ParameterType, 1), "CUDA failure 999: unknown error ; GPU=0"]);
        }
    }
}
