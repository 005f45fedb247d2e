using System.Buffers;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace MlOps.Serving;

/// <summary>
/// A batch on a GPU: rows are written to page-locked host memory. Without CUDA graphs ONNX Runtime copies them over when they are bound, which
/// is for each run. With CUDA graphs input and output are fixed on the device, batches are filled up to a power of two so that few graphs
/// are recorded, and runs of a session follow one another. When the device is lost, the rows are computed on the CPU.
/// </summary>
internal sealed class DeviceBatchBuffer : IBatchBuffer
{
    private readonly OnnxModelRuntime _runtime;
    private readonly OnnxSession _session;
    private readonly RunOptions?[] _options;
    private readonly Binding?[] _bindings;
    private readonly OrtMemoryInfo _pinnedInfo;
    private readonly OrtAllocator _pinned;
    private readonly OrtValue _hostInput;
    private readonly OrtValue _hostOutput;
    private readonly DeviceTensors? _device;
    private IBatchBuffer? _onCpu;

    private DeviceBatchBuffer(OnnxModelRuntime runtime, OnnxSession session, int maximumRows)
    {
        (_runtime, _session) = (runtime, session);
        var rows = runtime.FixedBatchSize ?? maximumRows;
        MaximumRows = Math.Min(maximumRows, rows);
        Capacity = runtime.FixedBatchSize ?? (session.Device.CudaGraph ? (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)rows) : rows);
        _bindings = new Binding?[Capacity + 1];
        _options = new RunOptions?[Capacity + 1];
        _pinnedInfo = new OrtMemoryInfo(OrtMemoryInfo.allocatorCUDA_PINNED, OrtAllocatorType.DeviceAllocator, session.Device.DeviceId, OrtMemType.CpuOutput);
        try
        {
            _pinned = new OrtAllocator(session.Inner, _pinnedInfo);
            _hostInput = OrtValue.CreateAllocatedTensorValue(_pinned, TensorElementType.Float, [checked((long)Capacity * runtime.InputWidth)]);
            _hostOutput = OrtValue.CreateAllocatedTensorValue(_pinned, TensorElementType.Float, [checked((long)Capacity * runtime.OutputWidth)]);
            Input = new HostMemory(_hostInput).Memory[..(MaximumRows * runtime.InputWidth)];
            Output = new HostMemory(_hostOutput).Memory[..(MaximumRows * runtime.OutputWidth)];
            if (session.Device.CudaGraph)
                _device = new DeviceTensors(session, Capacity * runtime.InputWidth, Capacity * runtime.OutputWidth);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int MaximumRows { get; }

    public Memory<float> Input { get; }

    public ReadOnlyMemory<float> Output { get; }

    private int Capacity { get; }

    /// <summary>Makes one where the session runs on a GPU that has page-locked memory and the rows are 32-bit floats.</summary>
    public static DeviceBatchBuffer? TryCreate(OnnxModelRuntime runtime, OnnxSession session, int maximumRows)
    {
        if (!session.OnDevice || runtime.InputType != TensorType.Float || runtime.OutputType != TensorType.Float || (session.Device.CudaGraph && !CudaMemory.Available))
            return null;
        try
        {
            return new DeviceBatchBuffer(runtime, session, maximumRows);
        }
        catch (OnnxRuntimeException)
        {
            return null;
        }
    }

    public void Run(int rows)
    {
        if (_onCpu is null)
        {
            try
            {
                RunOnDevice(rows);
                return;
            }
            catch (Exception e) when (e is OnnxRuntimeException or CudaMemory.CudaException && _runtime.FallBack(_session, e))
            {
                _onCpu = new OnnxBatchBuffer(_runtime, _runtime.Next(), MaximumRows);
            }
        }

        Input.Span[..(rows * _runtime.InputWidth)].CopyTo(_onCpu.Input.Span);
        _onCpu.Run(rows);
        _onCpu.Output.Span[..(rows * _runtime.OutputWidth)].CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsMemory(Output).Span);
    }

    public void Dispose()
    {
        foreach (var binding in _bindings)
            binding?.Dispose();
        foreach (var options in _options)
            options?.Dispose();
        _device?.Dispose();
        _hostInput?.Dispose();
        _hostOutput?.Dispose();
        _pinned?.Dispose();
        _pinnedInfo.Dispose();
        _onCpu?.Dispose();
    }

    private void RunOnDevice(int rows)
    {
        var size = _runtime.FixedBatchSize ?? (_device is null ? rows : (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)rows));
        var options = _options[size] ??= Options(size);
        var binding = _bindings[size];
        if (_device is null)
        {
            if (binding is null)
                binding = _bindings[size] = new Binding(_runtime, _session, size, _pinnedInfo, HostMemory.Address(_hostInput), HostMemory.Address(_hostOutput));
            else
                binding.BindInput();
            _session.RunWithBinding(options, binding.Io);
            return;
        }

        // A session with graphs takes one run at a time.
        lock (_session)
        {
            CudaMemory.Copy(_device.Input, HostMemory.Address(_hostInput), (long)rows * _runtime.InputWidth * sizeof(float));
            binding ??= _bindings[size] = new Binding(_runtime, _session, size, _device.Info, _device.Input, _device.Output);
            _session.RunWithBinding(options, binding.Io);
            binding.Io.SynchronizeBoundOutputs();
            CudaMemory.Copy(HostMemory.Address(_hostOutput), _device.Output, (long)rows * _runtime.OutputWidth * sizeof(float));
        }
    }

    // Addresses are part of a recording: each buffer records its own.
    private RunOptions Options(int size)
    {
        var options = new RunOptions();
        if (_device is not null)
            options.AddRunConfigEntry("gpu_graph_id", (_session.NextGraph() + size).ToString(CultureInfo.InvariantCulture));
        return options;
    }

    private sealed unsafe class DeviceTensors : IDisposable
    {
        private readonly OrtAllocator _allocator;
        private readonly OrtValue _input;
        private readonly OrtValue _output;

        public DeviceTensors(OnnxSession session, int input, int output)
        {
            Info = new OrtMemoryInfo(OrtMemoryInfo.allocatorCUDA, OrtAllocatorType.DeviceAllocator, session.Device.DeviceId, OrtMemType.Default);
            _allocator = new OrtAllocator(session.Inner, Info);
            _input = OrtValue.CreateAllocatedTensorValue(_allocator, TensorElementType.Float, [input]);
            _output = OrtValue.CreateAllocatedTensorValue(_allocator, TensorElementType.Float, [output]);
        }

        public OrtMemoryInfo Info { get; }

        public nint Input => HostMemory.Address(_input);

        public nint Output => HostMemory.Address(_output);

        public void Dispose()
        {
            _input.Dispose();
            _output.Dispose();
            _allocator.Dispose();
            Info.Dispose();
        }
    }

    private sealed class Binding : IDisposable
    {
        private readonly OrtValue _input;
        private readonly OrtValue _output;
        private readonly string _name;

        public Binding(OnnxModelRuntime runtime, OnnxSession session, int rows, OrtMemoryInfo memory, nint input, nint output)
        {
            _name = runtime.InputName;
            _input = Value(memory, session.Inner.InputMetadata[_name], rows, input, runtime.InputWidth);
            _output = Value(memory, session.Inner.OutputMetadata[runtime.OutputName], rows, output, runtime.OutputWidth);
            Io = session.Inner.CreateIoBinding();
            Io.BindInput(_name, _input);
            Io.BindOutput(runtime.OutputName, _output);
        }

        public OrtIoBinding Io { get; }

        public void BindInput() => Io.BindInput(_name, _input);

        public void Dispose()
        {
            Io.Dispose();
            _input.Dispose();
            _output.Dispose();
        }

        private static OrtValue Value(OrtMemoryInfo memory, NodeMetadata metadata, int rows, nint address, int width)
        {
            var shape = Array.ConvertAll(metadata.Dimensions, dimension => (long)dimension);
            shape[0] = rows;
            return OrtValue.CreateTensorValueWithData(memory, TensorElementType.Float, shape, address, (long)rows * width * sizeof(float));
        }
    }

    private sealed unsafe class HostMemory(OrtValue value) : MemoryManager<float>
    {
        public static nint Address(OrtValue value) =>
            (nint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetReference(value.GetTensorMutableRawData()));

        public override Span<float> GetSpan() => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(value.GetTensorMutableRawData());

        public override MemoryHandle Pin(int elementIndex = 0) => new((float*)Address(value) + elementIndex);

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
