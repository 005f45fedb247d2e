namespace MlOps.Serving;

/// <summary>Where the rows of a batch are written and its answers read. Used by one thread at a time, except <see cref="Abort"/>.</summary>
internal abstract class BatchMemory(TensorPlan plan, int[][] rowShapes, int paddedLength, int maximumRows) : IDisposable
{
    public int MaximumRows => maximumRows;

    /// <summary>What it holds, roughly.</summary>
    public long Bytes { get; protected set; }

    protected TensorPlan Plan => plan;

    protected int[][] RowShapes => rowShapes;

    protected int PaddedLength => paddedLength;

    /// <summary>Makes room for a batch.</summary>
    public abstract void Prepare(int rows);

    public abstract void Run(int rows);

    /// <summary>What a row of inputs and outputs takes, after a run.</summary>
    public long BytesPerRow(int rows)
    {
        var bytes = Bytes / Math.Max(1, MaximumRows);
        for (var i = 0; i < plan.Outputs.Length; i++)
        {
            if (plan.Outputs[i].Type is not (null or TensorType.String))
                bytes += Output(i).Length / rows;
        }

        return bytes;
    }

    public abstract void Abort();

    public abstract void Dispose();

    /// <summary>Copies a request's rows in, padded to the bucket's length.</summary>
    public void Write(TensorRequest request, int row)
    {
        ReadOnlySpan<byte> zero = [0, 0, 0, 0, 0, 0, 0, 0];
        for (var i = 0; i < plan.Inputs.Length; i++)
        {
            var port = plan.Inputs[i];
            var value = request.Values[i];
            if (port.Type == TensorType.String)
            {
                WriteTexts(i, row, (TensorValue<string>)value!);
                continue;
            }

            var size = TensorValue.SizeOf(port.Type!.Value);
            var rowBytes = size * Product(rowShapes[i]);
            var to = Input(i).Slice(row * rowBytes, request.Rows * rowBytes);
            if (value is null)
            {
                for (var r = 0; r < request.Rows; r++)
                {
                    TensorCopy.Fill(to.Slice(r * rowBytes, request.Length * size), port.One);
                    to[((r * rowBytes) + (request.Length * size))..((r + 1) * rowBytes)].Clear();
                }
            }
            else if (port.LengthDimension == 0 || request.Length == paddedLength)
            {
                value.Bytes.CopyTo(to);
            }
            else
            {
                TensorCopy.Pad(value.Bytes, to, request.Length, paddedLength, size * Product(rowShapes[i].AsSpan(port.LengthDimension)), port.IsMask ? zero[..size] : port.Pad);
            }
        }
    }

    /// <summary>Copies a request's part of an output out, cut to its own length.</summary>
    public ModelValue Read(TensorRequest request, int output, int row)
    {
        var port = plan.Outputs[output];
        if (port.Type is null or TensorType.String)
            return ReadOther(output, row, request.Rows);
        var shape = OutputRow(output);
        Span<int> own = stackalloc int[shape.Length + 1];
        own[0] = request.Rows;
        shape.CopyTo(own[1..]);
        var cut = request.Length > 0 && request.Length != paddedLength && port.LengthDimension > 0 && port.LengthDimension <= shape.Length &&
            own[port.LengthDimension] == paddedLength;
        if (cut)
            own[port.LengthDimension] = request.Length;
        TensorValue? into = null;
        if (request.Into?.TryGetValue(port.Name, out into) == true)
            CheckInto(port.Name, into, port.Type.Value, own);
        var value = into ?? TensorValue.Zeros(port.Type.Value, own);
        var size = TensorValue.SizeOf(port.Type.Value);
        var rowBytes = size * Product(shape);
        var from = Output(output).Slice(row * rowBytes, request.Rows * rowBytes);
        if (cut)
            TensorCopy.Cut(from, value.Bytes, request.Length, paddedLength, size * Product(shape[port.LengthDimension..]));
        else
            from.CopyTo(value.Bytes);
        return value;
    }

    /// <summary>Refuses memory that an answer does not fit exactly.</summary>
    public static void CheckInto(string name, TensorValue into, TensorType type, ReadOnlySpan<int> shape)
    {
        if (into.Type != type || !into.Shape.SequenceEqual(shape))
            throw new InvalidInputException(
                $"Output '{name}' is a {type} tensor [{string.Join(", ", shape.ToArray())}]; the memory given for it is {into.Type} [{string.Join(", ", into.Shape.ToArray())}].");
    }

    protected abstract Span<byte> Input(int index);

    protected abstract ReadOnlySpan<byte> Output(int index);

    protected abstract ReadOnlySpan<int> OutputRow(int index);

    protected abstract void WriteTexts(int index, int row, TensorValue<string> texts);

    protected abstract ModelValue ReadOther(int output, int row, int rows);

    protected static int Product(ReadOnlySpan<int> dimensions)
    {
        var product = 1;
        foreach (var dimension in dimensions)
            product = checked(product * dimension);
        return product;
    }
}
