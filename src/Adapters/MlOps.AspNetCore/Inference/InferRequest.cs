using System.Buffers;
using MlOps.Serving;

namespace MlOps.AspNetCore;

/// <summary>A request as read: pooled, and used for one request after the other.</summary>
internal sealed class InferRequest
{
    /// <summary>The name of the API key that asks; requests of different callers take turns where they contend.</summary>
    public string? Caller { get; set; }

    /// <summary>How many of its headers may have to be looked up by name; see <see cref="UsualHeaders"/>.</summary>
    public int OtherHeaders { get; set; }

    public const int MaximumIdBytes = 1024;

    private const int MaximumRank = 8;
    private readonly List<IDisposable> _rented = [];

    public InferRequest() => Writer = new InferResponseWriter(this);

    public InferResponseWriter Writer { get; }

    /// <summary>The id's UTF-8 bytes.</summary>
    public byte[] Id { get; } = new byte[MaximumIdBytes];

    public int IdLength { get; set; } = -1;

    /// <summary>The one row of a model that maps rows of floats to rows of floats.</summary>
    public float[] Row { get; private set; } = new float[64];

    /// <summary>Floats in <see cref="Row"/>; 0 when the request is not a row.</summary>
    public int RowLength { get; set; }

    public float[] Scores { get; private set; } = new float[64];

    /// <summary>Inputs read, by their place in the plan.</summary>
    public ModelValue?[] Values { get; private set; } = new ModelValue?[4];

    /// <summary>The sizes of binary inputs by their place in the plan; -1 for others.</summary>
    public List<(int Input, int[] Shape, long Bytes)> Binary { get; } = [];

    /// <summary>Outputs asked for: their place in the plan, and whether as binary data (null: as the request says for all).</summary>
    public List<(int Output, bool? Binary)> Outputs { get; } = [];

    public bool BinaryOutput { get; set; }

    /// <summary>Microseconds; 0 when not said.</summary>
    public long TimeoutMicroseconds { get; set; }

    /// <summary>Room for a shape while it is read.</summary>
    public int[] Shape { get; } = new int[MaximumRank];

    /// <summary>Elements of all inputs so far.</summary>
    public long Elements { get; set; }

    /// <summary>Inputs seen so far.</summary>
    public int Inputs { get; set; }

    public void Begin(ModelPlan plan)
    {
        IdLength = -1;
        RowLength = 0;
        BinaryOutput = false;
        TimeoutMicroseconds = 0;
        Elements = 0;
        Inputs = 0;
        if (Values.Length < plan.Inputs.Length)
            Values = new ModelValue?[plan.Inputs.Length];
        Release();
    }

    /// <summary>Gives the tensors' memory back; not before the model has answered.</summary>
    public void Release()
    {
        Binary.Clear();
        Outputs.Clear();
        Array.Clear(Values);
        foreach (var memory in _rented)
            memory.Dispose();
        _rented.Clear();
    }

    public float[] RowOf(int width) => Row.Length >= width ? Row : Row = new float[width];

    public void HoldScores(int width)
    {
        if (Scores.Length < width)
            Scores = new float[width];
    }

    /// <summary>Memory for a tensor, from the pool.</summary>
    public Memory<T> Rent<T>(int length)
    {
        if (length == 0)
            return Memory<T>.Empty;
        var owner = MemoryPool<T>.Shared.Rent(length);
        _rented.Add(owner);
        return owner.Memory[..length];
    }

    /// <summary>The inputs by name; the row, when it is one, too.</summary>
    public Dictionary<string, ModelValue> ToInputs(ModelPlan plan)
    {
        var inputs = new Dictionary<string, ModelValue>(plan.Inputs.Length, StringComparer.Ordinal);
        if (RowLength > 0)
            inputs.Add(plan.Inputs[0].Name, TensorValue.Create(Row.AsMemory(0, RowLength), [1, .. plan.Inputs[0].Dimensions.AsSpan(1)]));
        for (var i = 0; i < plan.Inputs.Length; i++)
        {
            if (Values[i] is { } value)
                inputs.Add(plan.Inputs[i].Name, value);
        }

        return inputs;
    }
}
