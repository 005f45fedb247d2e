using Microsoft.ML.OnnxRuntime;

namespace MlOps.Serving.Parity.Tests;

/// <summary>One case of the test data: a model and sets of inputs with the outputs expected.</summary>
internal sealed class ParityCase(string name)
{
    public const string Root = MlOps.Serving.Tests.OnnxDataFactAttribute.Root;

    public string Name => name;

    public byte[] Model { get; } = File.ReadAllBytes(Path.Combine(Root, name, "model.onnx"));

    public static IEnumerable<string> All() => Directory.EnumerateFiles(Root, "model.onnx", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Root, Path.GetDirectoryName(file)!).Replace('\\', '/')).Order(StringComparer.Ordinal);

    public IEnumerable<(Dictionary<string, ModelValue> Inputs, List<ModelValue?> Outputs)> Sets(InferenceSession session)
    {
        foreach (var folder in Directory.EnumerateDirectories(Path.Combine(Root, name), "test_data_set_*").Order(StringComparer.Ordinal))
        {
            var inputs = new Dictionary<string, ModelValue>();
            foreach (var (file, i) in Files(folder, "input"))
            {
                var input = session.InputNames[i];
                if (Read(file, session.InputMetadata[input]) is { } value)
                    inputs[input] = value;
            }

            var outputs = Files(folder, "output").Select(file => Read(file.File, session.OutputMetadata[session.OutputNames[file.Index]])).ToList();
            yield return (inputs, outputs);
        }
    }

    private static IEnumerable<(string File, int Index)> Files(string folder, string kind)
    {
        for (var i = 0; File.Exists(Path.Combine(folder, $"{kind}_{i}.pb")); i++)
            yield return (Path.Combine(folder, $"{kind}_{i}.pb"), i);
    }

    private static ModelValue? Read(string file, NodeMetadata metadata)
    {
        var bytes = File.ReadAllBytes(file);
        return metadata.OnnxValueType switch
        {
            OnnxValueType.ONNX_TYPE_TENSOR => OnnxProto.Tensor(bytes),
            OnnxValueType.ONNX_TYPE_SEQUENCE => OnnxProto.Sequence(bytes),
            OnnxValueType.ONNX_TYPE_OPTIONAL => OnnxProto.Optional(bytes),
            var other => throw new NotSupportedException(other.ToString()),
        };
    }
}
