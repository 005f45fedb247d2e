using System.Text;
using MlOps.Serving;

namespace MlOps.AspNetCore;

/// <summary>Reads inference requests: JSON, JSON followed by binary data, or the binary data of a single input alone.</summary>
internal sealed class InferRequestReader(MlOpsHttpOptions options)
{
    private const int MaximumParameters = 32;

    /// <summary>Reads a body whose first bytes are JSON.</summary>
    /// <param name="body">The body.</param>
    /// <param name="json">How many bytes are JSON.</param>
    /// <param name="plan">The model.</param>
    /// <param name="request">What was read.</param>
    public void Read(ReadOnlySpan<byte> body, int json, ModelPlan plan, InferRequest request)
    {
        request.Begin(plan);
        var cursor = new JsonCursor(body[..json], options.MaximumDepth);
        var (id, parameters, inputs, outputs) = (false, false, false, false);
        cursor.Expect((byte)'{');
        if (!cursor.TryTake((byte)'}'))
        {
            do
            {
                var name = cursor.ReadName();
                if (name.SequenceEqual("inputs"u8))
                {
                    Once(ref inputs, "inputs");
                    ReadInputs(ref cursor, plan, request, json < body.Length);
                }
                else if (name.SequenceEqual("id"u8))
                {
                    Once(ref id, "id");
                    var text = cursor.ReadString();
                    if (text.Length > InferRequest.MaximumIdBytes)
                        throw ProtocolException.Malformed($"The id has {text.Length} bytes; at most {InferRequest.MaximumIdBytes} are taken.");
                    text.CopyTo(request.Id);
                    request.IdLength = text.Length;
                }
                else if (name.SequenceEqual("outputs"u8))
                {
                    Once(ref outputs, "outputs");
                    ReadOutputs(ref cursor, plan, request);
                }
                else if (name.SequenceEqual("parameters"u8))
                {
                    Once(ref parameters, "parameters");
                    ReadParameters(ref cursor, Owner.Request, request);
                }
                else
                {
                    cursor.Skip(1);
                }
            }
            while (cursor.Another((byte)'}'));
        }

        cursor.End();
        if (!inputs)
            throw ProtocolException.Malformed("The request has no 'inputs'.");
        ReadBinary(body[json..], plan, request);
        if (request.RowLength > 0)
            return;
        for (var i = 0; i < plan.Inputs.Length; i++)
        {
            if (request.Values[i] is null)
                throw ProtocolException.Unfit($"The request has no input {plan.Inputs[i]}.");
        }
    }

    /// <summary>Reads a body that is nothing but the data of the model's only input.</summary>
    public void ReadRaw(ReadOnlySpan<byte> body, ModelPlan plan, InferRequest request)
    {
        request.Begin(plan);
        if (plan.Inputs.Length != 1)
            throw ProtocolException.Malformed($"A raw binary request takes a model with one input; this one has {plan.Inputs.Length}: {ModelPlan.Describe(plan.Inputs)}.");
        request.BinaryOutput = true;
        var input = plan.Inputs[0];
        var size = TensorValue.SizeOf(input.Type);
        if (size > 0 && body.Length % size != 0)
            throw ProtocolException.Malformed($"The body has {body.Length} bytes, which are no whole elements {DataTypes.NameOf(input.Type)}.");
        var count = size > 0 ? body.Length / size : TensorReader.CountTexts(body, input);
        Account(request, count);
        Take(body, request, plan, 0, ModelPlan.ShapeOf(input, count));
    }

    private enum Owner
    {
        Request,
        Input,
        Output,
    }

    private static void Once(ref bool seen, string member)
    {
        if (seen)
            throw ProtocolException.Malformed($"'{member}' stands twice in an object of the request.");
        seen = true;
    }

    private void ReadInputs(ref JsonCursor cursor, ModelPlan plan, InferRequest request, bool hasBinary)
    {
        cursor.Expect((byte)'[');
        if (!cursor.TryTake((byte)']'))
        {
            do
                ReadInput(ref cursor, plan, request, hasBinary);
            while (cursor.Another((byte)']'));
        }

        if (request.Inputs == 0)
            throw ProtocolException.Unfit($"The request has no input. The model takes {ModelPlan.Describe(plan.Inputs)}.");
    }

    private void ReadInput(ref JsonCursor cursor, ModelPlan plan, InferRequest request, bool hasBinary)
    {
        if (++request.Inputs > options.MaximumTensors)
            throw ProtocolException.Malformed($"The request has more than {options.MaximumTensors} inputs.");
        var place = -1;
        var (named, shaped, typed, parametrised, filled) = (false, false, false, false, false);
        var (rank, dataAt, binaryBytes) = (0, -1, -1L);
        TensorType type = default;
        cursor.Expect((byte)'{');
        if (!cursor.TryTake((byte)'}'))
        {
            do
            {
                var member = cursor.ReadName();
                if (member.SequenceEqual("name"u8))
                {
                    Once(ref named, "name");
                    place = FindInput(cursor.ReadString(), plan, request);
                }
                else if (member.SequenceEqual("shape"u8))
                {
                    Once(ref shaped, "shape");
                    rank = ReadShape(ref cursor, request);
                }
                else if (member.SequenceEqual("datatype"u8))
                {
                    Once(ref typed, "datatype");
                    var name = cursor.ReadString();
                    if (!DataTypes.TryParse(name, out type))
                        throw ProtocolException.Malformed($"The datatype '{Shown(name)}' is not one of the protocol's.");
                }
                else if (member.SequenceEqual("parameters"u8))
                {
                    Once(ref parametrised, "parameters");
                    binaryBytes = ReadParameters(ref cursor, Owner.Input, request);
                }
                else if (member.SequenceEqual("data"u8))
                {
                    if (filled || dataAt >= 0)
                        throw ProtocolException.Malformed("'data' stands twice in an object of the request.");
                    if (named && shaped && typed)
                    {
                        filled = true;
                        ReadData(ref cursor, plan, request, place, type, rank);
                    }
                    else
                    {
                        cursor.Peek();
                        dataAt = cursor.Position;
                        cursor.Skip(3);
                    }
                }
                else
                {
                    cursor.Skip(3);
                }
            }
            while (cursor.Another((byte)'}'));
        }

        if (!named || !shaped || !typed)
            throw ProtocolException.Malformed($"Input {request.Inputs} has no '{(!named ? "name" : !shaped ? "shape" : "datatype")}'.");
        if (binaryBytes >= 0)
        {
            if (filled || dataAt >= 0)
                throw ProtocolException.Malformed($"Input '{plan.Inputs[place].Name}' has both 'data' and 'binary_data_size'.");
            if (!hasBinary && binaryBytes > 0)
                throw ProtocolException.Malformed($"Input '{plan.Inputs[place].Name}' says that it has {binaryBytes} bytes of binary data; none follow the JSON. Set the header Inference-Header-Content-Length to the JSON's length.");
            CheckInput(plan, request, place, type, rank);
            request.Binary.Add((place, request.Shape[..rank], binaryBytes));
        }
        else if (dataAt >= 0)
        {
            var end = cursor.Position;
            cursor.Position = dataAt;
            ReadData(ref cursor, plan, request, place, type, rank);
            cursor.Position = end;
        }
        else if (!filled)
        {
            throw ProtocolException.Malformed($"Input '{plan.Inputs[place].Name}' has no 'data'.");
        }
    }

    private void ReadData(ref JsonCursor cursor, ModelPlan plan, InferRequest request, int place, TensorType type, int rank)
    {
        CheckInput(plan, request, place, type, rank);
        var shape = request.Shape.AsSpan(0, rank);
        var input = plan.Inputs[place];
        if (plan.RowWidth > 0 && shape[0] == 1)
        {
            request.RowLength = plan.RowWidth;
            TensorReader.ReadElements<float, SingleElement>(ref cursor, request.RowOf(plan.RowWidth).AsSpan(0, plan.RowWidth), input, shape);
        }
        else
        {
            request.Values[place] = TensorReader.ReadJson(ref cursor, request, input, shape);
        }
    }

    private void CheckInput(ModelPlan plan, InferRequest request, int place, TensorType type, int rank)
    {
        var input = plan.Inputs[place];
        if (type != input.Type)
            throw ProtocolException.Unfit($"Input '{input.Name}' is {DataTypes.NameOf(type)}; the model takes {input}.");
        var fits = rank == input.Dimensions.Length;
        for (var i = 0; fits && i < rank; i++)
            fits = input.Dimensions[i] < 0 || input.Dimensions[i] == request.Shape[i];
        if (!fits)
            throw ProtocolException.Unfit($"Input '{input.Name}' has the shape [{string.Join(", ", request.Shape[..rank])}]; the model takes {input}.");
        long count = 1;
        for (var i = 0; i < rank; i++)
        {
            if (request.Shape[i] == 0)
            {
                count = 0;
                break;
            }

            count = Math.Min(count * request.Shape[i], int.MaxValue);
        }

        Account(request, count);
    }

    private void Account(InferRequest request, long count)
    {
        request.Elements += count;
        if (request.Elements > options.MaximumElements)
            throw new ProtocolException(413, $"The tensors of the request have more than {options.MaximumElements} elements.");
    }

    private static int FindInput(ReadOnlySpan<byte> name, ModelPlan plan, InferRequest request)
    {
        var place = ModelPlan.Find(plan.Inputs, name);
        if (place < 0)
            throw ProtocolException.Unfit($"The model has no input '{Shown(name)}'. It takes {ModelPlan.Describe(plan.Inputs)}.");
        if (request.Values[place] is not null || request.RowLength > 0 || HasBinary(request, place))
            throw ProtocolException.Malformed($"Input '{plan.Inputs[place].Name}' stands twice in the request.");
        return place;
    }

    // Loops instead of predicates: those would allocate for every request.
    private static bool HasBinary(InferRequest request, int place)
    {
        foreach (var binary in request.Binary)
        {
            if (binary.Input == place)
                return true;
        }

        return false;
    }

    private static bool HasOutput(InferRequest request, int place)
    {
        foreach (var output in request.Outputs)
        {
            if (output.Output == place)
                return true;
        }

        return false;
    }

    private static int ReadShape(ref JsonCursor cursor, InferRequest request)
    {
        cursor.Expect((byte)'[');
        if (cursor.TryTake((byte)']'))
            return 0;
        var rank = 0;
        do
        {
            if (rank == request.Shape.Length)
                throw ProtocolException.Malformed($"A shape has more than {request.Shape.Length} dimensions.");
            var number = cursor.ReadNumber();
            if (!number.TryGetInt64(out var dimension) || dimension is < 0 or > int.MaxValue)
                throw ProtocolException.Malformed($"The dimension {Shown(number.Text)} at byte {cursor.Position - number.Text.Length} is not allowed: dimensions are integers from 0 to {int.MaxValue}.");
            request.Shape[rank++] = (int)dimension;
        }
        while (cursor.Another((byte)']'));
        return rank;
    }

    private void ReadOutputs(ref JsonCursor cursor, ModelPlan plan, InferRequest request)
    {
        cursor.Expect((byte)'[');
        if (cursor.TryTake((byte)']'))
            return;
        do
        {
            if (request.Outputs.Count == options.MaximumTensors)
                throw ProtocolException.Malformed($"The request asks for more than {options.MaximumTensors} outputs.");
            var (place, named, parametrised, binary) = (-1, false, false, -1L);
            cursor.Expect((byte)'{');
            if (!cursor.TryTake((byte)'}'))
            {
                do
                {
                    var member = cursor.ReadName();
                    if (member.SequenceEqual("name"u8))
                    {
                        Once(ref named, "name");
                        var name = cursor.ReadString();
                        place = ModelPlan.Find(plan.Outputs, name);
                        if (place < 0)
                            throw ProtocolException.Unfit($"The model has no output '{Shown(name)}' that the protocol carries. It gives {ModelPlan.Describe(plan.Outputs)}.");
                        if (HasOutput(request, place))
                            throw ProtocolException.Malformed($"Output '{plan.Outputs[place].Name}' is asked for twice.");
                    }
                    else if (member.SequenceEqual("parameters"u8))
                    {
                        Once(ref parametrised, "parameters");
                        binary = ReadParameters(ref cursor, Owner.Output, request);
                    }
                    else
                    {
                        cursor.Skip(3);
                    }
                }
                while (cursor.Another((byte)'}'));
            }

            if (!named)
                throw ProtocolException.Malformed("An output that is asked for has no 'name'.");
            request.Outputs.Add((place, binary < 0 ? null : binary == 1));
        }
        while (cursor.Another((byte)']'));
    }

    // Answers what the parameters of an input (binary_data_size) or output (binary_data, 0 or 1) say; -1 when nothing.
    private static long ReadParameters(ref JsonCursor cursor, Owner owner, InferRequest request)
    {
        var answer = -1L;
        cursor.Expect((byte)'{');
        if (cursor.TryTake((byte)'}'))
            return answer;
        Span<int> hashes = stackalloc int[MaximumParameters];
        var count = 0;
        do
        {
            if (count == MaximumParameters)
                throw ProtocolException.Malformed($"An object of parameters has more than {MaximumParameters} members.");
            var name = cursor.ReadName();
            var hash = new HashCode();
            hash.AddBytes(name);
            hashes[count] = hash.ToHashCode();
            if (hashes[..count].Contains(hashes[count]))
                throw ProtocolException.Malformed($"The parameter '{Shown(name)}' stands twice.");
            count++;
            if (owner == Owner.Input && name.SequenceEqual("binary_data_size"u8))
            {
                if (!cursor.ReadNumber().TryGetInt64(out answer) || answer < 0)
                    throw ProtocolException.Malformed("'binary_data_size' is not an integer from 0.");
            }
            else if (owner == Owner.Output && name.SequenceEqual("binary_data"u8))
            {
                answer = cursor.ReadBoolean() ? 1 : 0;
            }
            else if (owner == Owner.Request && name.SequenceEqual("binary_data_output"u8))
            {
                request.BinaryOutput = cursor.ReadBoolean();
            }
            else if (owner == Owner.Request && name.SequenceEqual("timeout"u8))
            {
                if (!cursor.ReadNumber().TryGetInt64(out var timeout) || timeout < 0)
                    throw ProtocolException.Malformed("'timeout' is not an integer from 0 (microseconds).");
                request.TimeoutMicroseconds = timeout;
            }
            else if (name.StartsWith("shared_memory_"u8) || name.SequenceEqual("classification"u8))
            {
                throw ProtocolException.Malformed($"The parameter '{Shown(name)}' is of an extension that this server does not have.");
            }
            else
            {
                cursor.Skip(owner == Owner.Request ? 2 : 4);
            }
        }
        while (cursor.Another((byte)'}'));
        return answer;
    }

    private static void ReadBinary(ReadOnlySpan<byte> data, ModelPlan plan, InferRequest request)
    {
        foreach (var (place, shape, bytes) in request.Binary)
        {
            if (bytes > data.Length)
                throw ProtocolException.Malformed($"Input '{plan.Inputs[place].Name}' says that it has {bytes} bytes of binary data; {data.Length} are left in the body.");
            Take(data[..(int)bytes], request, plan, place, shape);
            data = data[(int)bytes..];
        }

        if (!data.IsEmpty)
            throw ProtocolException.Malformed($"{data.Length} bytes of binary data belong to no input.");
    }

    private static void Take(ReadOnlySpan<byte> data, InferRequest request, ModelPlan plan, int place, ReadOnlySpan<int> shape)
    {
        if (plan.RowWidth > 0 && shape[0] == 1 && data.Length == plan.RowWidth * sizeof(float))
        {
            request.RowLength = plan.RowWidth;
            TensorReader.CopyLittleEndian(data, request.RowOf(plan.RowWidth).AsSpan(0, plan.RowWidth));
            return;
        }

        request.Values[place] = TensorReader.ReadBinary(data, request, plan.Inputs[place], shape);
    }

    private static string Shown(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text.Length > 100 ? text[..100] : text);
}
