using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace MlOps.Serving;

/// <summary>A value between two steps: a caller's or function's own, or still in ONNX Runtime's memory, where the next session reads it.</summary>
internal sealed class FlowValue(ModelValue? managed, OrtValue? native) : IDisposable
{
    private readonly Lock _gate = new();
    private ModelValue? _view;

    public void AddTo(OnnxInputs inputs, string name)
    {
        if (native is not null)
            inputs.AddBorrowed(name, native);
        else
            inputs.Add(name, managed!);
    }

    /// <summary>For a function: a tensor over the memory where it lies; other kinds are copied.</summary>
    public ModelValue View(string name)
    {
        lock (_gate)
            return managed ?? (_view ??= native!.OnnxType == OnnxValueType.ONNX_TYPE_TENSOR ? NativeTensor.View(name, native) : OnnxValues.FromOnnx(name, native));
    }

    /// <summary>For the caller of the ensemble: memory of its own.</summary>
    public ModelValue Take(string name) => native is not null ? OnnxValues.FromOnnx(name, native) : NativeTensor.Detach(managed!);

    public void Dispose() => native?.Dispose();

    /// <summary>Tensors over memory that ONNX Runtime owns.</summary>
    private static class NativeTensor
    {
        public static ModelValue View(string name, OrtValue value)
        {
            var (type, shape) = OnnxValues.Describe(name, value);
            return type switch
            {
                TensorType.Float => Over<float>(value, shape),
                TensorType.Double => Over<double>(value, shape),
                TensorType.Float16 => Over<Half>(value, shape),
                TensorType.BFloat16 => Over<BFloat16>(value, shape),
                TensorType.Int8 => Over<sbyte>(value, shape),
                TensorType.UInt8 => Over<byte>(value, shape),
                TensorType.Int16 => Over<short>(value, shape),
                TensorType.UInt16 => Over<ushort>(value, shape),
                TensorType.Int32 => Over<int>(value, shape),
                TensorType.UInt32 => Over<uint>(value, shape),
                TensorType.Int64 => Over<long>(value, shape),
                TensorType.UInt64 => Over<ulong>(value, shape),
                TensorType.Bool => Over<bool>(value, shape),
                _ => OnnxValues.FromOnnx(name, value),
            };
        }

        public static ModelValue Detach(ModelValue value) => value switch
        {
            TensorValue<float> tensor => Copy(tensor),
            TensorValue<double> tensor => Copy(tensor),
            TensorValue<Half> tensor => Copy(tensor),
            TensorValue<BFloat16> tensor => Copy(tensor),
            TensorValue<sbyte> tensor => Copy(tensor),
            TensorValue<byte> tensor => Copy(tensor),
            TensorValue<short> tensor => Copy(tensor),
            TensorValue<ushort> tensor => Copy(tensor),
            TensorValue<int> tensor => Copy(tensor),
            TensorValue<uint> tensor => Copy(tensor),
            TensorValue<long> tensor => Copy(tensor),
            TensorValue<ulong> tensor => Copy(tensor),
            TensorValue<bool> tensor => Copy(tensor),
            SequenceValue sequence => new SequenceValue([.. sequence.Items.Select(Detach)]),
            MapValue map => new MapValue((TensorValue)Detach(map.Keys), (TensorValue)Detach(map.Values)),
            _ => value,
        };

        private static TensorValue<T> Copy<T>(TensorValue<T> tensor)
            where T : unmanaged =>
            MemoryMarshal.TryGetMemoryManager<T, OrtMemory<T>>(tensor.Data, out _) ? new TensorValue<T>(tensor.Data.ToArray(), tensor.Shape) : tensor;

        private static TensorValue<T> Over<T>(OrtValue value, int[] shape)
            where T : unmanaged => new(TensorValue.CountOf(shape) == 0 ? Memory<T>.Empty : new OrtMemory<T>(value, TensorValue.CountOf(shape)).Memory, shape);
    }

    private sealed unsafe class OrtMemory<T> : MemoryManager<T>
        where T : unmanaged
    {
        private readonly OrtValue _value;
        private readonly T* _pointer;
        private readonly int _length;

        public OrtMemory(OrtValue value, int length)
        {
            (_value, _length) = (value, length);
            _pointer = (T*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetReference(value.GetTensorMutableRawData()));
        }

        public override Span<T> GetSpan() => new(_pointer, _length);

        public override MemoryHandle Pin(int elementIndex = 0) => new(_pointer + elementIndex);

        public override void Unpin() => GC.KeepAlive(_value);

        protected override void Dispose(bool disposing)
        {
        }
    }
}
