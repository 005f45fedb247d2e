using System.Text;
using System.Text.Json;

namespace MlOps.Registry;

/// <summary>
/// Assembles a version with its eight artifact kinds, stores the bytes and gives the draft to register. What can be found out is
/// filled in: signature and definition from the ONNX graph, dependencies from the running application. Not thread-safe.
/// </summary>
/// <param name="artifacts">The artifact store of the environment that the version is registered in.</param>
/// <param name="model">The model's name.</param>
public sealed class ModelVersionBuilder(IArtifactStore artifacts, string model)
{
    private const string Json = "application/json";

    private readonly List<(ModelArtifactKind Kind, string Name, ReadOnlyMemory<byte> Bytes, string MediaType)> _contents = [];
    private readonly List<DataReference> _data = [];
    private readonly SortedDictionary<string, double> _metrics = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _tags = new(StringComparer.Ordinal);
    private OnnxModel? _graph;
    private ReadOnlyMemory<byte> _onnx;
    private IReadOnlyList<string> _features = [];
    private ModelSignature? _signature;
    private readonly List<FeatureSpec> _specs = [];
    private DependencySnapshot? _dependencies;
    private string _description = "";
    private string? _key;
    private string? _runId;
    private ModelProvenance? _provenance;

    /// <summary>The predict function as an ONNX model. The signature is read from its graph.</summary>
    /// <param name="onnx">The bytes of the file.</param>
    /// <param name="features">The names of the columns of the first input, in order.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="InvalidInputException">The bytes are not an ONNX model, or keep weights in other files.</exception>
    public ModelVersionBuilder WithOnnx(ReadOnlyMemory<byte> onnx, IReadOnlyList<string>? features = null)
    {
        _graph = OnnxModelReader.Read(onnx);
        if (_graph.HasExternalData)
            throw new InvalidInputException("The ONNX model keeps weights in other files. Export it with the weights inside.");
        _onnx = onnx;
        _features = features ?? [];
        return With(ModelArtifactKind.Functions, ModelArtifactNames.Predict, onnx, ModelArtifactNames.OnnxMediaType);
    }

    /// <summary>The signature of a model that is not ONNX.</summary>
    /// <param name="signature">What it takes and gives.</param>
    /// <returns>This builder.</returns>
    public ModelVersionBuilder WithSignature(ModelSignature signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        _signature = signature;
        return this;
    }

    /// <summary>Units, categories and meaning of features and tensors; added to the signature.</summary>
    /// <param name="specs">The descriptions, each of a name of the signature.</param>
    /// <returns>This builder.</returns>
    public ModelVersionBuilder WithFeatureSpecs(params IEnumerable<FeatureSpec> specs)
    {
        ArgumentNullException.ThrowIfNull(specs);
        _specs.AddRange(specs);
        return this;
    }

    /// <summary>The state of the code: the commit, and the changes that were not committed, kept as an artifact.</summary>
    /// <param name="source">What <see cref="SourceRevision.CaptureAsync"/> found.</param>
    /// <returns>This builder.</returns>
    public ModelVersionBuilder WithSource(SourceState source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (!source.Diff.IsEmpty)
            With(ModelArtifactKind.GenerationCode, SourceState.DiffArtifact, source.Diff, "text/x-diff");
        return With(ModelArtifactKind.GenerationCode, SourceState.ArtifactName, source.ToJson(), Json);
    }

    /// <summary>What the model is, as JSON. Left out, it is described from the ONNX graph.</summary>
    /// <param name="json">The JSON.</param>
    /// <returns>This builder.</returns>
    public ModelVersionBuilder WithDefinition(string json) => WithJson(ModelArtifactKind.Definition, "definition", json);

    /// <summary>What was learnt, as JSON: weights, trees, fitted scalers.</summary>
    /// <param name="json">The JSON.</param>
    /// <returns>This builder.</returns>
    public ModelVersionBuilder WithParameters(string json) => WithJson(ModelArtifactKind.Parameters, "parameters", json);

    /// <summary>How a request becomes the model's input: the feature service as JSON.</summary>
    /// <param name="json">The JSON.</param>
    /// <returns>This builder.</returns>
    public ModelVersionBuilder WithFeaturize(string json) => WithJson(ModelArtifactKind.Functions, ModelArtifactNames.Featurize, json);

    /// <summary>An example input with the expected output, as JSON; replayed when the version is loaded.</summary>
    /// <param name="json">The JSON.</param>
    /// <returns>This builder.</returns>
    public ModelVersionBuilder WithInputExample(string json) => WithJson(ModelArtifactKind.Functions, ModelArtifactNames.InputExample, json);

    /// <summary>Adds an example row with the model's answer, replayed as a smoke test at load and before promotion.</summary>
    /// <param name="input">One input row.</param>
    /// <param name="output">The model's output for it.</param>
    /// <param name="tolerance">The greatest difference accepted.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="InvalidInputException">A value is not finite: choose a row without missing values.</exception>
    public ModelVersionBuilder WithInputExample(ReadOnlySpan<float> input, ReadOnlySpan<float> output, double tolerance = 1e-5)
    {
        foreach (var value in (float[])[.. input, .. output])
        {
            if (!float.IsFinite(value))
                throw new InvalidInputException($"The input example holds {value}: choose a row without missing values.");
        }

        float[] row = [.. input], answer = [.. output];
        return With(ModelArtifactKind.Functions, ModelArtifactNames.InputExample, StoredJson.Write(writer =>
        {
            writer.WriteStartObject();
            WriteRow(writer, "input", row);
            WriteRow(writer, "output", answer);
            writer.WriteNumber("tolerance", tolerance);
            writer.WriteEndObject();
        }), Json);

        static void WriteRow(Utf8JsonWriter writer, string name, float[] values)
        {
            writer.WriteStartArray(name);
            writer.WriteStartArray();
            foreach (var value in values)
                writer.WriteNumberValue(value);
            writer.WriteEndArray();
            writer.WriteEndArray();
        }
    }

    /// <summary>What it was made with. Left out, it is captured from the running application.</summary>
    /// <param name="dependencies">The snapshot.</param>
    /// <returns>This builder.</returns>
    public ModelVersionBuilder WithDependencies(DependencySnapshot dependencies)
    {
        ArgumentNullException.ThrowIfNull(dependencies);
        _dependencies = dependencies;
        return this;
    }

    /// <summary>Datasets that it was made from.</summary>
    /// <param name="data">The references.</param>
    /// <returns>This builder.</returns>
    public ModelVersionBuilder WithData(params IEnumerable<DataReference> data)
    {
        ArgumentNullException.ThrowIfNull(data);
        _data.AddRange(data);
        return this;
    }

    /// <summary>How it was made.</summary>
    /// <param name="generation">The record.</param>
    /// <returns>This builder.</returns>
    public ModelVersionBuilder WithGeneration(GenerationRecord generation)
    {
        ArgumentNullException.ThrowIfNull(generation);
        return With(ModelArtifactKind.GenerationCode, GenerationRecord.ArtifactName, generation.ToJson(), Json);
    }

    /// <summary>Metrics on held-out data; also stored as an experiment artifact.</summary>
    /// <param name="metrics">The metrics.</param>
    /// <returns>This builder.</returns>
    public ModelVersionBuilder WithMetrics(IReadOnlyDictionary<string, double> metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        foreach (var (name, value) in metrics)
            _metrics[name] = value;
        return this;
    }

    /// <summary>A plot, curve or report of the experiment.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="mediaType">What they are.</param>
    /// <returns>This builder.</returns>
    public ModelVersionBuilder WithReport(string name, ReadOnlyMemory<byte> bytes, string mediaType) =>
        With(ModelArtifactKind.ExperimentArtifacts, name, bytes, mediaType);

    /// <summary>Labels: owner, task and others.</summary>
    /// <param name="tags">The labels.</param>
    /// <returns>This builder.</returns>
    public ModelVersionBuilder WithTags(params (string Name, string Value)[] tags)
    {
        ArgumentNullException.ThrowIfNull(tags);
        foreach (var (name, value) in tags)
            _tags[name] = value;
        return this;
    }

    /// <summary>A model card in Markdown.</summary>
    /// <param name="markdown">The text.</param>
    /// <returns>This builder.</returns>
    public ModelVersionBuilder WithDescription(string markdown)
    {
        ArgumentNullException.ThrowIfNull(markdown);
        _description = markdown;
        return this;
    }

    /// <summary>The run that made it.</summary>
    /// <param name="runId">The run's identity.</param>
    /// <returns>This builder.</returns>
    public ModelVersionBuilder WithRun(string? runId)
    {
        _runId = runId;
        return this;
    }

    /// <summary>Registers at most once under this key.</summary>
    /// <param name="key">The key.</param>
    /// <returns>This builder.</returns>
    public ModelVersionBuilder WithKey(string? key)
    {
        _key = key;
        return this;
    }

    /// <summary>Where it came from, when it stands for a version of another environment.</summary>
    /// <param name="provenance">The provenance.</param>
    /// <returns>This builder.</returns>
    public ModelVersionBuilder WithProvenance(ModelProvenance? provenance)
    {
        _provenance = provenance;
        return this;
    }

    /// <summary>Any artifact.</summary>
    /// <param name="kind">Which of the eight kinds.</param>
    /// <param name="name">Its name within the kind.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="mediaType">What they are.</param>
    /// <returns>This builder.</returns>
    public ModelVersionBuilder With(ModelArtifactKind kind, string name, ReadOnlyMemory<byte> bytes, string mediaType)
    {
        NameRules.Artifact(name);
        NameRules.MediaType($"Artifact {kind}/{name}", mediaType);
        if (_contents.Any(content => content.Kind == kind && content.Name == name))
            throw new InvalidDefinitionException($"Artifact {kind}/{name} stands twice. Give each artifact of a kind its own name.");
        _contents.Add((kind, name, bytes, mediaType));
        return this;
    }

    /// <summary>Stores the artifacts and gives the draft.</summary>
    /// <param name="cancellationToken">Cancels; blobs stored so far are collected later.</param>
    /// <returns>The draft for <see cref="IModelRegistry.RegisterAsync"/>.</returns>
    /// <exception cref="InvalidDefinitionException">There is neither an ONNX model nor a signature.</exception>
    public async ValueTask<ModelVersionDraft> BuildAsync(CancellationToken cancellationToken = default)
    {
        NameRules.Model(model);
        var signature = _signature ?? (_graph is null ? null : _graph.Signature with { Features = _features })
            ?? throw new InvalidDefinitionException($"Model '{model}' has no signature. Call WithOnnx, or WithSignature for a model that is not ONNX.");
        if (_specs.Count > 0)
            signature = signature with { Specs = [.. signature.Specs, .. _specs] };
        var contents = new List<(ModelArtifactKind Kind, string Name, ReadOnlyMemory<byte> Bytes, string MediaType)>(_contents);
        contents.AddRange(Derived(signature));
        var stored = new List<ModelArtifact>(contents.Count);
        foreach (var (kind, name, bytes, mediaType) in contents)
            stored.Add(new ModelArtifact(kind, name, await artifacts.PutBytesAsync(bytes, mediaType, cancellationToken).ConfigureAwait(false)));
        return new ModelVersionDraft
        {
            Model = model,
            Artifacts = stored,
            Signature = signature,
            Key = _key,
            RunId = _runId,
            Metrics = _metrics,
            Tags = _tags,
            Description = _description,
            Provenance = _provenance,
        };
    }

    private IEnumerable<(ModelArtifactKind Kind, string Name, ReadOnlyMemory<byte> Bytes, string MediaType)> Derived(ModelSignature signature)
    {
        if (_graph is not null && _contents.All(content => content.Kind != ModelArtifactKind.Definition))
            yield return (ModelArtifactKind.Definition, "definition", DescribeGraph(_graph, signature), Json);
        // The weights of an ONNX model are inside its file: the same blob stands for both kinds and is stored once.
        if (_graph is not null && _contents.All(content => content.Kind != ModelArtifactKind.Parameters))
            yield return (ModelArtifactKind.Parameters, "weights", _onnx, ModelArtifactNames.OnnxMediaType);
        var dependencies = _dependencies ?? DependencyCapture.Capture();
        if (_graph is not null && dependencies.Opsets.Count == 0)
            dependencies = dependencies with { Opsets = _graph.Opsets };
        yield return (ModelArtifactKind.Dependencies, "dependencies", dependencies.ToJson(), Json);
        var digest = _onnx.IsEmpty ? (ArtifactDigest?)null : ArtifactDigest.Of(_onnx.Span);
        yield return (ModelArtifactKind.Dependencies, "bom", MlBom.Write(model, "", signature, _metrics, _data, digest, dependencies), MlBom.MediaType);
        if (_data.Count > 0)
            yield return (ModelArtifactKind.Data, "references", DescribeData(), Json);
        if (_metrics.Count > 0)
            yield return (ModelArtifactKind.ExperimentArtifacts, "metrics", DescribeMetrics(), Json);
        if (_tags.Count > 0)
            yield return (ModelArtifactKind.Tags, "tags", DescribeTags(), Json);
    }

    private ModelVersionBuilder WithJson(ModelArtifactKind kind, string name, string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using var document = JsonDocument.Parse(json);
        }
        catch (JsonException error)
        {
            throw new InvalidInputException($"Artifact {kind}/{name} is not JSON: {error.Message}", error);
        }

        return With(kind, name, Encoding.UTF8.GetBytes(json), Json);
    }

    private static byte[] DescribeGraph(OnnxModel graph, ModelSignature signature) => StoredJson.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("formatVersion", 1);
        writer.WriteString("format", "onnx");
        writer.WriteNumber("irVersion", graph.IrVersion);
        writer.WriteString("producer", graph.Producer);
        writer.WriteString("graph", graph.GraphName);
        writer.WriteStartObject("opsets");
        foreach (var (domain, version) in graph.Opsets)
            writer.WriteNumber(domain.Length == 0 ? "ai.onnx" : domain, version);
        writer.WriteEndObject();
        writer.WriteNumber("nodes", graph.Nodes);
        writer.WriteNumber("initializers", graph.Initializers);
        ModelConfig.WriteTensors(writer, "inputs", signature.Inputs);
        ModelConfig.WriteTensors(writer, "outputs", signature.Outputs);
        StoredJson.WriteStrings(writer, "features", signature.Features);
        writer.WriteEndObject();
    });

    private byte[] DescribeData() => StoredJson.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("formatVersion", 1);
        writer.WriteStartArray("data");
        foreach (var reference in _data)
        {
            writer.WriteStartObject();
            writer.WriteString("name", reference.Name);
            writer.WriteString("role", reference.Role);
            writer.WriteString("digest", reference.Digest);
            if (reference.Rows is { } rows)
                writer.WriteNumber("rows", rows);
            writer.WriteString("source", reference.Source);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    private byte[] DescribeMetrics() => StoredJson.Write(writer =>
    {
        writer.WriteStartObject();
        foreach (var (name, value) in _metrics)
            StoredJson.WriteDouble(writer, name, value);
        writer.WriteEndObject();
    });

    private byte[] DescribeTags() => StoredJson.Write(writer =>
    {
        writer.WriteStartObject();
        foreach (var (name, value) in _tags)
            writer.WriteString(name, value);
        writer.WriteEndObject();
    });
}
