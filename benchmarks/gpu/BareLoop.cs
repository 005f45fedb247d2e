using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using MlOps.Serving;

namespace MlOps.Benchmarks.Gpu;

/// <summary>Plain ONNX Runtime over tensors that lie on the device before and after: what a batch costs without any copy.</summary>
internal sealed class BareLoop : IDisposable
{
    private readonly OnnxModelRuntime _runtime;
    private readonly OnnxSession _session;
    private readonly OrtMemoryInfo _memory;
    private readonly OrtAllocator? _allocator;
    private readonly OrtValue _input;
    private readonly OrtValue _output;
    private readonly OrtIoBinding _binding;
    private readonly RunOptions _options = new();

    public BareLoop(OnnxModelRuntime runtime, int batch)
    {
        (_runtime, _session) = (runtime, runtime.Next());
        var onGpu = _session.OnDevice;
        _memory = onGpu ? new OrtMemoryInfo(OrtMemoryInfo.allocatorCUDA, OrtAllocatorType.DeviceAllocator, 0, OrtMemType.Default) : OrtMemoryInfo.DefaultInstance;
        _allocator = onGpu ? new OrtAllocator(_session.Inner, _memory) : null;
        _input = Allocate(_session.Inner.InputMetadata[runtime.InputName], batch);
        _output = Allocate(_session.Inner.OutputMetadata[runtime.OutputName], batch);
        if (onGpu)
        {
            // What lies on a fresh device is anything; a model of NaNs would still take its time, but zeros are like data.
            var zeros = AlignedMemory.Allocate<float>(batch * runtime.InputWidth);
            CudaMemory.Copy(Address(_input), AlignedMemory.Address(zeros), zeros.Length * sizeof(float));
        }

        _binding = _session.Inner.CreateIoBinding();
        _binding.BindInput(runtime.InputName, _input);
        _binding.BindOutput(runtime.OutputName, _output);
    }

    /// <summary>Seconds of one batch: the lower quartile of bursts.</summary>
    public double Measure(TimeSpan budget) => Bursts.LowerQuartile(() => _session.RunWithBinding(_options, _binding), budget);

    public void Dispose()
    {
        _binding.Dispose();
        _input.Dispose();
        _output.Dispose();
        _allocator?.Dispose();
        if (_session.OnDevice)
            _memory.Dispose();
        _options.Dispose();
    }

    private OrtValue Allocate(NodeMetadata metadata, int batch)
    {
        var shape = Array.ConvertAll(metadata.Dimensions, dimension => (long)dimension);
        shape[0] = batch;
        return OrtValue.CreateAllocatedTensorValue(_allocator ?? OrtAllocator.DefaultInstance, TensorElementType.Float, shape);
    }

    private static unsafe nint Address(OrtValue value) =>
        (nint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetReference(value.GetTensorMutableRawData()));
}
