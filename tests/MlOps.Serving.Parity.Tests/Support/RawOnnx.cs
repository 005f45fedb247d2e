using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace MlOps.Serving.Parity.Tests;

/// <summary>ONNX Runtime called as its own samples call it, to compare with; every value is copied in and out.</summary>
internal static class RawOnnx
{
    public static InferenceSession Open(byte[] model)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        return new InferenceSession(model, options);
    }

    public static List<ModelValue> Run(InferenceSession session, IReadOnlyDictionary<string, ModelValue> inputs)
    {
        using var options = new RunOptions();
        var values = inputs.Values.Select(Native).ToList();
        try
        {
            using var results = session.Run(options, [.. inputs.Keys], values, session.OutputNames);
            return [.. results.Select(Managed)];
        }
        finally
        {
            values.ForEach(value => value.Dispose());
        }
    }

    private static OrtValue Native(ModelValue value)
    {
        if (value is SequenceValue sequence)
            return OrtValue.CreateSequence(sequence.Items.Select(Native).ToList());
        var tensor = (TensorValue)value;
        var shape = Array.ConvertAll(tensor.Shape.ToArray(), dimension => (long)dimension);
        if (tensor is TensorValue<string> texts)
        {
            var strings = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape);
            for (var i = 0; i < texts.Length; i++)
                strings.StringTensorSetElementAt(texts.Data.Span[i].AsSpan(), i);
            return strings;
        }

        var native = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, (TensorElementType)tensor.Type, shape);
        if (tensor.Length > 0)
            tensor.Bytes.CopyTo(native.GetTensorMutableRawData());
        return native;
    }

    private static ModelValue Managed(OrtValue value)
    {
        if (value.OnnxType == OnnxValueType.ONNX_TYPE_SEQUENCE)
        {
            var items = new List<ModelValue>();
            for (var i = 0; i < value.GetValueCount(); i++)
            {
                using var item = value.GetValue(i, OrtAllocator.DefaultInstance);
                items.Add(Managed(item));
            }

            return new SequenceValue(items);
        }

        var info = value.GetTensorTypeAndShape();
        var tensor = TensorValue.Zeros((TensorType)info.ElementDataType, Array.ConvertAll(info.Shape, dimension => (int)dimension));
        if (tensor is TensorValue<string> texts)
        {
            for (var i = 0; i < texts.Length; i++)
                texts.Data.Span[i] = value.GetStringElement(i);
        }
        else if (tensor.Length > 0)
        {
            value.GetTensorMutableRawData().CopyTo(tensor.Bytes);
        }

        return tensor;
    }
}
