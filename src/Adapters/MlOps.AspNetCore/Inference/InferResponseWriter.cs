using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using MlOps.Serving;

namespace MlOps.AspNetCore;

/// <summary>Writes answers: JSON, then the binary data of those outputs that were asked for so. Keeps its buffer from request to request.</summary>
internal sealed class InferResponseWriter(InferRequest request)
{
    private const int LargestKept = 1 << 20;

    // -1.17549435E-38 and a comma take 16.
    private const int LongestNumber = 24;

    private static readonly JsonEncodedText ModelName = JsonEncodedText.Encode("model_name");
    private static readonly JsonEncodedText ModelVersion = JsonEncodedText.Encode("model_version");
    private static readonly JsonEncodedText Id = JsonEncodedText.Encode("id");
    private static readonly JsonEncodedText Parameters = JsonEncodedText.Encode("parameters");
    private static readonly JsonEncodedText Variant = JsonEncodedText.Encode("variant");
    private static readonly JsonEncodedText PredictionIdName = JsonEncodedText.Encode("prediction_id");
    private static readonly JsonEncodedText Outputs = JsonEncodedText.Encode("outputs");
    private static readonly JsonEncodedText Name = JsonEncodedText.Encode("name");
    private static readonly JsonEncodedText DataType = JsonEncodedText.Encode("datatype");
    private static readonly JsonEncodedText Shape = JsonEncodedText.Encode("shape");
    private static readonly JsonEncodedText Data = JsonEncodedText.Encode("data");
    private static readonly JsonEncodedText BinaryDataSize = JsonEncodedText.Encode("binary_data_size");
    private static readonly JsonWriterOptions Options = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<TensorValue> _binary = [];
    private ArrayBufferWriter<byte> _buffer = new(1024);
    private Utf8JsonWriter? _writer;

    /// <summary>The answer.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    /// <summary>How many bytes of it are JSON; -1 when all are.</summary>
    public int JsonLength { get; private set; }

    /// <summary>Writes the scores of one row.</summary>
    public void WriteRow(RowTemplate template, PredictionId id, ReadOnlySpan<float> scores)
    {
        var binary = request.Outputs.Count > 0 ? request.Outputs[0].Binary ?? request.BinaryOutput : request.BinaryOutput;
        Reset();
        var span = _buffer.GetSpan(template.Begin.Length + 32 + template.Json.Length + template.Binary.Length + ((scores.Length + 1) * LongestNumber) + (6 * InferRequest.MaximumIdBytes));
        template.Begin.CopyTo(span);
        var at = template.Begin.Length;
        id.High.TryFormat(span[at..], out _, "x16", CultureInfo.InvariantCulture);
        id.Low.TryFormat(span[(at + 16)..], out _, "x16", CultureInfo.InvariantCulture);
        at += 32;
        var middle = binary ? template.Binary : template.Json;
        middle.CopyTo(span[at..]);
        at += middle.Length;
        if (!binary)
        {
            foreach (var score in scores)
            {
                if (!float.IsFinite(score))
                    throw NotFinite(template.Plan.Outputs[template.Plan.RowOutput].Name);
                score.TryFormat(span[at..], out var digits, default, CultureInfo.InvariantCulture);
                at += digits;
                span[at++] = (byte)',';
            }

            "]}]"u8.CopyTo(span[(at - 1)..]);
            at += 2;
        }

        if (request.IdLength >= 0)
        {
            ",\"id\":\""u8.CopyTo(span[at..]);
            at += 7;
            JavaScriptEncoder.UnsafeRelaxedJsonEscaping.EncodeUtf8(request.Id.AsSpan(0, request.IdLength), span[at..], out _, out var written);
            at += written;
            span[at++] = (byte)'"';
        }

        span[at++] = (byte)'}';
        _buffer.Advance(at);
        JsonLength = binary ? at : -1;
        if (binary)
            Append(MemoryMarshal.AsBytes(scores), sizeof(float));
    }

    /// <summary>Writes outputs in the order in which they were asked for, or in the model's.</summary>
    public void WriteTensors(JsonEncodedText model, ModelPlan plan, JsonEncodedText version, TensorPrediction prediction)
    {
        var writer = Begin(model, version, prediction.Variant, prediction.Id);
        _binary.Clear();
        if (request.Outputs.Count > 0)
        {
            foreach (var (place, binary) in request.Outputs)
                Output(writer, plan.Outputs[place], prediction, binary ?? request.BinaryOutput);
        }
        else
        {
            foreach (var output in plan.Outputs)
                Output(writer, output, prediction, request.BinaryOutput);
        }

        End(writer, _binary.Count > 0);
        foreach (var tensor in _binary)
        {
            if (tensor is TensorValue<string> texts)
                AppendTexts(texts);
            else
                Append(tensor.Bytes, tensor.ElementSize);
        }

        _binary.Clear();
    }

    private Utf8JsonWriter Begin(JsonEncodedText model, JsonEncodedText version, string variant, PredictionId id)
    {
        Reset();
        if (_writer is null)
            _writer = new Utf8JsonWriter(_buffer, Options);
        else
            _writer.Reset(_buffer);
        var writer = _writer;
        writer.WriteStartObject();
        writer.WriteString(ModelName, model);
        writer.WriteString(ModelVersion, version);
        if (request.IdLength >= 0)
            writer.WriteString(Id, request.Id.AsSpan(0, request.IdLength));
        writer.WriteStartObject(Parameters);
        writer.WriteString(Variant, variant);
        Span<char> digits = stackalloc char[32];
        id.High.TryFormat(digits, out _, "x16", CultureInfo.InvariantCulture);
        id.Low.TryFormat(digits[16..], out _, "x16", CultureInfo.InvariantCulture);
        writer.WriteString(PredictionIdName, digits);
        writer.WriteEndObject();
        writer.WriteStartArray(Outputs);
        return writer;
    }

    private void Reset()
    {
        if (_buffer.Capacity > LargestKept)
            _buffer = new ArrayBufferWriter<byte>(1024);
        _buffer.ResetWrittenCount();
    }

    private void End(Utf8JsonWriter writer, bool binary)
    {
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        JsonLength = binary ? _buffer.WrittenCount : -1;
    }

    private static void Head(Utf8JsonWriter writer, JsonEncodedText name, TensorType type, ReadOnlySpan<int> shape)
    {
        writer.WriteStartObject();
        writer.WriteString(Name, name);
        writer.WriteString(DataType, DataTypes.NameOf(type));
        writer.WriteStartArray(Shape);
        foreach (var dimension in shape)
            writer.WriteNumberValue(dimension);
        writer.WriteEndArray();
    }

    private static void Size(Utf8JsonWriter writer, long bytes)
    {
        writer.WriteStartObject(Parameters);
        writer.WriteNumber(BinaryDataSize, bytes);
        writer.WriteEndObject();
    }

    private void Output(Utf8JsonWriter writer, TensorPlan output, TensorPrediction prediction, bool binary)
    {
        if (!prediction.Outputs.TryGetValue(output.Name, out var value) || value is not TensorValue tensor)
            throw new ProtocolException(500, $"The model gave no tensor '{output.Name}'.");
        Head(writer, output.Encoded, tensor.Type, tensor.Shape);
        if (binary)
        {
            _binary.Add(tensor);
            Size(writer, tensor is TensorValue<string> texts ? SizeOf(texts) : tensor.Bytes.Length);
        }
        else
        {
            writer.WriteStartArray(Data);
            Values(writer, tensor, output.Name);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void Values(Utf8JsonWriter writer, TensorValue tensor, string name)
    {
        switch (tensor)
        {
            case TensorValue<float> values:
                foreach (var value in values.Data.Span)
                    Number(writer, value, name);
                break;
            case TensorValue<double> values:
                foreach (var value in values.Data.Span)
                    writer.WriteNumberValue(double.IsFinite(value) ? value : throw NotFinite(name));
                break;
            case TensorValue<Half> values:
                foreach (var value in values.Data.Span)
                    Number(writer, (float)value, name);
                break;
            case TensorValue<BFloat16> values:
                foreach (var value in values.Data.Span)
                    Number(writer, (float)value, name);
                break;
            case TensorValue<bool> values:
                foreach (var value in values.Data.Span)
                    writer.WriteBooleanValue(value);
                break;
            case TensorValue<string> values:
                foreach (var value in values.Data.Span)
                    writer.WriteStringValue(value);
                break;
            case TensorValue<sbyte> values:
                foreach (var value in values.Data.Span)
                    writer.WriteNumberValue(value);
                break;
            case TensorValue<short> values:
                foreach (var value in values.Data.Span)
                    writer.WriteNumberValue(value);
                break;
            case TensorValue<int> values:
                foreach (var value in values.Data.Span)
                    writer.WriteNumberValue(value);
                break;
            case TensorValue<long> values:
                foreach (var value in values.Data.Span)
                    writer.WriteNumberValue(value);
                break;
            case TensorValue<byte> values:
                foreach (var value in values.Data.Span)
                    writer.WriteNumberValue(value);
                break;
            case TensorValue<ushort> values:
                foreach (var value in values.Data.Span)
                    writer.WriteNumberValue(value);
                break;
            case TensorValue<uint> values:
                foreach (var value in values.Data.Span)
                    writer.WriteNumberValue(value);
                break;
            case TensorValue<ulong> values:
                foreach (var value in values.Data.Span)
                    writer.WriteNumberValue(value);
                break;
        }
    }

    private static void Number(Utf8JsonWriter writer, float value, string name) => writer.WriteNumberValue(float.IsFinite(value) ? value : throw NotFinite(name));

    private static ProtocolException NotFinite(string name) =>
        new(500, $"Output '{name}' holds NaN or an infinity, which JSON cannot carry: ask for it as binary data.");

    private static long SizeOf(TensorValue<string> texts)
    {
        long size = 0;
        foreach (var text in texts.Data.Span)
            size += 4 + Encoding.UTF8.GetByteCount(text);
        return size;
    }

    private void AppendTexts(TensorValue<string> texts)
    {
        foreach (var text in texts.Data.Span)
        {
            var length = Encoding.UTF8.GetByteCount(text);
            var span = _buffer.GetSpan(4 + length);
            BinaryPrimitives.WriteUInt32LittleEndian(span, (uint)length);
            Encoding.UTF8.GetBytes(text, span[4..]);
            _buffer.Advance(4 + length);
        }
    }

    private void Append(ReadOnlySpan<byte> bytes, int size)
    {
        if (BitConverter.IsLittleEndian)
        {
            _buffer.Write(bytes);
            return;
        }

        var span = _buffer.GetSpan(bytes.Length)[..bytes.Length];
        bytes.CopyTo(span);
        TensorReader.Reverse(span, size);
        _buffer.Advance(bytes.Length);
    }
}
