using System.Runtime.InteropServices;
using MlOps.Serving.Tests;

namespace MlOps.Benchmarks.Models;

/// <summary>An attribute of a node: its name and one value.</summary>
internal readonly record struct OnnxAttribute(string Name, object Value)
{
    public byte[] ToArray()
    {
        var writer = new ProtoWriter().Text(1, Name);
        switch (Value)
        {
            case float single:
                writer.Float(2, single).Int(20, 1);
                break;
            case long integer:
                writer.Int(3, integer).Int(20, 2);
                break;
            case string text:
                writer.Text(4, text).Int(20, 3);
                break;
            case float[] singles:
                writer.Bytes(7, MemoryMarshal.AsBytes(singles.AsSpan()).ToArray()).Int(20, 6);
                break;
            case long[] integers:
                foreach (long integer in integers)
                    writer.Int(8, integer);
                writer.Int(20, 7);
                break;
            case string[] texts:
                foreach (string text in texts)
                    writer.Text(9, text);
                writer.Int(20, 8);
                break;
            default:
                throw new InvalidOperationException($"Attribute '{Name}' has a value of type {Value.GetType().Name}.");
        }

        return writer.ToArray();
    }

    public static implicit operator OnnxAttribute((string Name, object Value) pair) => new(pair.Name, pair.Value);
}
