using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace MlOps.Serving;

/// <summary>
/// Large weights that sessions hold in common: equal bytes are in memory once, and their pre-packed forms too, over instances, versions and
/// models. Each session holds one of these as long as it lives.
/// </summary>
internal sealed class SharedWeights : IDisposable
{
    private const int SmallestBytes = 4096;
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, Weight> Held = new(StringComparer.Ordinal);
    private static readonly Lazy<PrePackedWeightsContainer> Container = new(() => new PrePackedWeightsContainer());

    private readonly List<(string Name, Weight Weight)> _weights = [];
    private bool _disposed;

    private SharedWeights()
    {
    }

    /// <summary>The packed forms; lives as long as the process.</summary>
    public static PrePackedWeightsContainer Packed => Container.Value;

    /// <summary>Bytes held in common now.</summary>
    public static long Bytes
    {
        get
        {
            lock (Gate)
                return Held.Values.Sum(weight => weight.Length);
        }
    }

    /// <summary>Takes hold of the large weights of a model.</summary>
    public static SharedWeights Take(byte[] model)
    {
        var weights = new SharedWeights();
        try
        {
            var reader = new ProtoReader(new ProtoSource(model));
            while (reader.Next())
            {
                if (reader.Field == 7)
                    weights.Graph(reader.Bytes(), model);
                else
                    reader.Skip();
            }

            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    public void AddTo(SessionOptions settings)
    {
        foreach (var (name, weight) in _weights)
            settings.AddInitializer(name, weight.Value);
    }

    public void Dispose()
    {
        lock (Gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            foreach (var (_, weight) in _weights)
            {
                if (--weight.Users > 0)
                    continue;
                Held.Remove(weight.Key);
                weight.Dispose();
            }
        }
    }

    private void Graph(ProtoReader reader, byte[] model)
    {
        while (reader.Next())
        {
            if (reader.Field == 5)
                Tensor(reader.Bytes(), model);
            else
                reader.Skip();
        }
    }

    // TensorProto: dims 1, data_type 2, name 8, raw_data 9, data_location 14.
    private void Tensor(ProtoReader reader, byte[] model)
    {
        var dimensions = new List<long>();
        var (type, name, external) = (0, "", false);
        ReadOnlySpan<byte> raw = default;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    reader.Numbers(dimensions, 32);
                    break;
                case 2:
                    type = (int)reader.Number();
                    break;
                case 8:
                    name = System.Text.Encoding.UTF8.GetString(BytesOf(reader.Bytes(), model));
                    break;
                case 9:
                    raw = BytesOf(reader.Bytes(), model);
                    break;
                case 14:
                    external = reader.Number() != 0;
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        var size = Enum.IsDefined((TensorType)type) ? TensorValue.SizeOf((TensorType)type) : 0;
        if (external || size == 0 || raw.Length < SmallestBytes || name.Length == 0 || !Fits(dimensions, raw.Length / size) || raw.Length % size != 0)
            return;
        var key = $"{type}:{string.Join(',', dimensions)}:{Convert.ToHexString(SHA256.HashData(raw))}";
        lock (Gate)
        {
            if (!Held.TryGetValue(key, out var weight))
                Held.Add(key, weight = new Weight(key, (TensorElementType)type, [.. dimensions], raw));
            weight.Users++;
            _weights.Add((name, weight));
        }
    }

    private static ReadOnlySpan<byte> BytesOf(ProtoReader field, byte[] model) => model.AsSpan((int)field.Position, (int)field.Remaining);

    private static bool Fits(List<long> dimensions, long count)
    {
        var product = 1L;
        foreach (var dimension in dimensions)
        {
            if (dimension <= 0 || product > count / dimension)
                return false;
            product *= dimension;
        }

        return product == count;
    }

    private sealed unsafe class Weight : IDisposable
    {
        private readonly void* _memory;

        public Weight(string key, TensorElementType type, long[] shape, ReadOnlySpan<byte> raw)
        {
            (Key, Length) = (key, raw.Length);
            _memory = NativeMemory.AlignedAlloc((nuint)raw.Length, 64);
            raw.CopyTo(new Span<byte>(_memory, raw.Length));
            try
            {
                Value = OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, type, shape, (nint)_memory, raw.Length);
            }
            catch
            {
                NativeMemory.AlignedFree(_memory);
                throw;
            }
        }

        public string Key { get; }

        public long Length { get; }

        public OrtValue Value { get; }

        public int Users { get; set; }

        public void Dispose()
        {
            Value.Dispose();
            NativeMemory.AlignedFree(_memory);
        }
    }
}
