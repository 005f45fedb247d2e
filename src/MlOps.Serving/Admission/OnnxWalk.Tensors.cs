namespace MlOps.Serving;

/// <summary>Tensors and types: what is stored must be what shape and type say, and what they say must be within the budget.</summary>
internal sealed partial class OnnxWalk
{
    private const int MaximumRank = 64;
    private const int ConstantEntries = 64;
    private UInt128 _implied;

    // Float tensors matter as the scales of Resize; what the others hold is data.
    private void Tensor(ProtoReader message, Scope? scope, string? output, OnnxOutline? outline)
    {
        if (++_tensors > options.MaximumTensors)
            throw Refused($"more than {options.MaximumTensors} tensors are stored", nameof(ModelAdmissionOptions.MaximumTensors));
        _path.Add(("tensor", message));
        List<long> dimensions = [];
        List<long>? integers = null;
        List<double>? reals = null;
        var (type, stored, strings, rawLength) = (0, 0L, 0L, -1L);
        var name = "";
        ProtoReader raw = default;
        var reader = message;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    Dimensions(ref reader, dimensions);
                    break;
                case 2:
                    reader.Once("data_type");
                    type = (int)Math.Min(reader.Number(), 1000);
                    break;
                case 3:
                    throw Refused("the tensor is stored in segments, which ONNX Runtime does not read", null);
                case 4:
                    stored += reader.Reals(reals ??= [], ConstantEntries, 4);
                    break;
                case 5 or 7 or 11:
                    stored += reader.Numbers(integers ??= [], ConstantEntries);
                    break;
                case 6:
                    Entry();
                    strings++;
                    reader.Skip();
                    break;
                case 8:
                    reader.Once("name");
                    name = reader.Text(LongestName);
                    break;
                case 9:
                    reader.Once("raw_data");
                    raw = reader.Bytes();
                    rawLength = raw.Remaining;
                    break;
                case 10:
                    stored += reader.Reals(reals ??= [], ConstantEntries, 8);
                    break;
                case 13:
                    throw External();
                case 14:
                    reader.Once("data_location");
                    if (reader.Number() != 0)
                        throw External();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        var bits = ElementBits(type);
        var elements = CheckShape(dimensions, bits, "tensor");
        CheckStored(type, bits, elements, rawLength, stored, strings, dimensions);
        if (elements is > 0 and <= ConstantEntries && scope is not null && (output ?? name) is { Length: > 0 } key)
        {
            if (rawLength > 0 && type is 6 or 7)
                raw.IntegersRaw(bits / 8, integers ??= [], ConstantEntries);
            else if (rawLength > 0 && type is 1 or 11)
                raw.RealsRaw(bits / 8, reals ??= [], ConstantEntries);
            if (integers is not null || reals is not null)
                scope.Constants[key] = integers is not null ? [.. integers] : [.. reals!];
        }

        outline?.Add(outline.Initializers, name, new OutlineTensor(type, [.. dimensions]));
        _path.RemoveAt(_path.Count - 1);
    }

    // ONNX Runtime allocates what the shape asks for before it looks at how much is there.
    private void CheckStored(int type, int bits, long elements, long rawLength, long stored, long strings, List<long> dimensions)
    {
        if (rawLength > 0)
        {
            if (stored + strings > 0)
                throw Refused("the tensor stores its values twice, as raw bytes and as numbers", null);
            var needed = (elements * bits + 7) / 8;
            if (bits > 0 && needed != rawLength)
                throw Refused($"the tensor has {rawLength} bytes where its shape [{string.Join(", ", dimensions)}] and type need {needed}", null);
            return;
        }

        var expected = type switch
        {
            14 or 15 => elements * 2,
            21 or 22 or 23 => (elements + 1) / 2,
            25 or 26 => (elements + 3) / 4,
            _ => elements,
        };
        var present = type == 8 ? strings : stored;
        if (present != expected && !(bits is 4 or 2 && present == elements))
            throw Refused($"the tensor has {present} values where its shape [{string.Join(", ", dimensions)}] needs {expected}", null);
    }

    private InvalidInputException External() => Refused("the tensor refers to data outside the file: embed the weights in the ONNX file, which holds up to 2 GiB", null);

    private void SparseTensor(ProtoReader message)
    {
        _path.Add(("sparse tensor", message));
        List<long> dimensions = [];
        var reader = message;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 or 2:
                    reader.Once(reader.Field == 1 ? "values" : "indices");
                    Tensor(reader.Bytes(), null, null, null);
                    break;
                case 3:
                    Dimensions(ref reader, dimensions);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        // It becomes dense when it is loaded, whatever few values it stores.
        Imply((UInt128)CheckShape(dimensions, 64, "sparse tensor") * 8, Place());
        _path.RemoveAt(_path.Count - 1);
    }

    private void ValueInfo(ProtoReader reader, OnnxOutline? outline, bool isInput)
    {
        Entry();
        _path.Add(("value", reader));
        var name = "";
        OutlineTensor? tensor = null;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    reader.Once("name");
                    name = reader.Text(LongestName);
                    break;
                case 2:
                    reader.Once("type");
                    tensor = TypeShape(reader.Bytes(), name, 0);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        outline?.Add(isInput ? outline.Inputs : outline.Outputs, name, tensor);
        _path.RemoveAt(_path.Count - 1);
    }

    // TypeProto: tensor (1) or sparse tensor (8) of {elem_type 1, shape 2}; sequence (4), map (5) and optional (9) wrap further types.
    private OutlineTensor? TypeShape(ProtoReader reader, string name, int depth)
    {
        if (depth > options.MaximumDepth)
            throw Refused($"the type of '{name}' is nested deeper than {options.MaximumDepth}", nameof(ModelAdmissionOptions.MaximumDepth));
        OutlineTensor? found = null;
        var kinds = 0;
        while (reader.Next())
        {
            if (reader.Field is 1 or 4 or 5 or 7 or 8 or 9 && ++kinds > 1)
                throw ProtoReader.Malformed($"a type of '{name}' that is two kinds at once");
            switch (reader.Field)
            {
                case 1 or 8:
                    found = TensorType(reader.Bytes(), name);
                    break;
                case 4 or 9 or 5:
                    var element = reader.Field == 5 ? 2 : 1;
                    var inner = reader.Bytes();
                    while (inner.Next())
                    {
                        if (inner.Field == element && inner.WireType == 2)
                        {
                            inner.Once("elem_type");
                            TypeShape(inner.Bytes(), name, depth + 1);
                        }
                        else
                        {
                            inner.Skip();
                        }
                    }

                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return found;
    }

    private OutlineTensor? TensorType(ProtoReader reader, string name)
    {
        List<long>? dimensions = null;
        var type = 0;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    reader.Once("elem_type");
                    type = (int)Math.Min(reader.Number(), 1000);
                    break;
                case 2:
                    reader.Once("shape");
                    Shape(reader.Bytes(), dimensions = []);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        // -1 and 0 stand for "unknown" in files of older exporters; here they are declarations only.
        CheckShape(dimensions?.ConvertAll(dimension => Math.Max(1, dimension)) ?? [], ElementBits(type), $"'{name}'");
        return dimensions is null ? null : new OutlineTensor(type, [.. dimensions]);
    }

    private void Shape(ProtoReader reader, List<long> dimensions)
    {
        while (reader.Next())
        {
            if (reader.Field != 1)
            {
                reader.Skip();
                continue;
            }

            Entry();
            var dimension = reader.Bytes();
            var value = -1L;
            while (dimension.Next())
            {
                if (dimension.Field == 1)
                {
                    dimension.Once("dim_value");
                    value = (long)dimension.Number();
                }
                else
                {
                    dimension.Skip();
                }
            }

            dimensions.Add(value);
            if (dimensions.Count > MaximumRank)
                throw Refused($"a shape has more than {MaximumRank} dimensions", null);
        }
    }

    private void Dimensions(ref ProtoReader reader, List<long> dimensions)
    {
        reader.Numbers(dimensions, MaximumRank + 1);
        if (dimensions.Count > MaximumRank)
            throw Refused($"a shape has more than {MaximumRank} dimensions", null);
    }

    private long CheckShape(List<long> dimensions, int bits, string what)
    {
        UInt128 elements = 1;
        var empty = false;
        foreach (var dimension in dimensions)
        {
            if (dimension < 0)
                throw Refused($"the shape of {what} has the negative dimension {dimension}", null);
            empty |= dimension == 0;
            if (dimension > 0)
                elements = elements > ulong.MaxValue ? elements : elements * (ulong)dimension;
        }

        if (elements > ulong.MaxValue || elements * (uint)Math.Max(8, bits) / 8 > (UInt128)options.MaximumTensorBytes)
            throw Refused(
                $"the shape [{string.Join(", ", dimensions)}] of {what} implies more than {options.MaximumTensorBytes} bytes", nameof(ModelAdmissionOptions.MaximumTensorBytes));
        return empty ? 0 : (long)elements;
    }

    private static int ElementBits(int type) => type switch
    {
        1 or 6 or 12 => 32,
        2 or 3 or 9 or 17 or 18 or 19 or 20 or 24 => 8,
        4 or 5 or 10 or 16 => 16,
        7 or 11 or 13 or 14 => 64,
        15 => 128,
        21 or 22 or 23 => 4,
        25 or 26 => 2,
        _ => 0,
    };
}
