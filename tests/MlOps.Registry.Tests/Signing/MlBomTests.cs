using System.Text.Json;
using System.Text.RegularExpressions;

namespace MlOps.Registry.Tests;

/// <summary>The bill of materials against the rules of the CycloneDX 1.6 JSON schema, checked field by field.</summary>
public sealed class MlBomTests
{
    private static readonly string[] ComponentTypes =
    [
        "application", "framework", "library", "container", "platform", "operating-system", "device", "device-driver", "firmware", "file",
        "machine-learning-model", "data", "cryptographic-asset",
    ];

    private static readonly Dictionary<string, int> HashLengths = new()
    {
        ["MD5"] = 32, ["SHA-1"] = 40, ["SHA-256"] = 64, ["SHA-384"] = 96, ["SHA-512"] = 128, ["SHA3-256"] = 64, ["SHA3-384"] = 96, ["SHA3-512"] = 128,
        ["BLAKE2b-256"] = 64, ["BLAKE2b-384"] = 96, ["BLAKE2b-512"] = 128, ["BLAKE3"] = 64,
    };

    private static readonly string[] ComponentFields =
    [
        "type", "mime-type", "bom-ref", "supplier", "manufacturer", "authors", "author", "publisher", "group", "name", "version", "description", "scope",
        "hashes", "licenses", "copyright", "cpe", "purl", "omniborId", "swhid", "swid", "modified", "pedigree", "externalReferences", "components",
        "evidence", "releaseNotes", "modelCard", "data", "cryptoProperties", "properties", "tags", "signature",
    ];

    private readonly JsonElement _root = JsonDocument.Parse(MlBom.Write(
        "churn", "3", Drafts.Signature, new Dictionary<string, double> { ["auc"] = 0.81, ["loss"] = double.NaN },
        [new DataReference("a", "training", ArtifactDigest.Of("a"u8).ToString()), new DataReference("a", "test", "not a digest")],
        ArtifactDigest.Of("model"u8), DependencyCapture.Capture())).RootElement;

    [Fact]
    public void Document_HasTheRequiredFieldsAndNoOthers()
    {
        Names(_root).Should().BeSubsetOf([
            "$schema", "bomFormat", "specVersion", "serialNumber", "version", "metadata", "components", "services", "externalReferences", "dependencies",
            "compositions", "vulnerabilities", "annotations", "formulation", "declarations", "definitions", "properties", "signature"]);
        _root.GetProperty("bomFormat").GetString().Should().Be("CycloneDX");
        _root.GetProperty("specVersion").GetString().Should().Be("1.6");
        _root.GetProperty("version").GetInt32().Should().BeGreaterThanOrEqualTo(1);
        _root.GetProperty("serialNumber").GetString().Should().MatchRegex("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$");
        Names(_root.GetProperty("metadata")).Should().BeSubsetOf([
            "timestamp", "lifecycles", "tools", "manufacturer", "authors", "component", "manufacture", "supplier", "licenses", "properties"]);
    }

    [Fact]
    public void Components_HaveKnownTypesUniqueRefsAndProperHashes()
    {
        var references = new List<string>();
        foreach (var component in Components())
        {
            Names(component).Should().BeSubsetOf(ComponentFields);
            ComponentTypes.Should().Contain(component.GetProperty("type").GetString());
            component.GetProperty("name").GetString().Should().NotBeNullOrEmpty();
            references.Add(component.GetProperty("bom-ref").GetString()!);
            if (component.TryGetProperty("purl", out var purl))
                Regex.IsMatch(purl.GetString()!, "^pkg:nuget/[^@/ ]+@[^ ]+$").Should().BeTrue(purl.GetString());
            if (!component.TryGetProperty("hashes", out var hashes))
                continue;
            foreach (var hash in hashes.EnumerateArray())
            {
                Names(hash).Should().BeEquivalentTo("alg", "content");
                hash.GetProperty("content").GetString().Should().MatchRegex($"^[a-fA-F0-9]{{{HashLengths[hash.GetProperty("alg").GetString()!]}}}$");
            }
        }

        references.Should().OnlyHaveUniqueItems();
        Components().First().GetProperty("type").GetString().Should().Be("machine-learning-model");
    }

    [Fact]
    public void ModelCard_HasKnownFieldsOnly()
    {
        var card = Components().First().GetProperty("modelCard");
        Names(card).Should().BeSubsetOf(["bom-ref", "modelParameters", "quantitativeAnalysis", "considerations", "properties"]);
        var parameters = card.GetProperty("modelParameters");
        Names(parameters).Should().BeSubsetOf(["approach", "task", "architectureFamily", "modelArchitecture", "datasets", "inputs", "outputs"]);
        foreach (var format in parameters.GetProperty("inputs").EnumerateArray().Concat(parameters.GetProperty("outputs").EnumerateArray()))
            Names(format).Should().Equal("format");
        var references = Components().Select(component => component.GetProperty("bom-ref").GetString()).ToList();
        foreach (var dataset in parameters.GetProperty("datasets").EnumerateArray())
            references.Should().Contain(dataset.GetProperty("ref").GetString());
        var analysis = card.GetProperty("quantitativeAnalysis");
        Names(analysis).Should().BeSubsetOf(["performanceMetrics", "graphics"]);
        foreach (var metric in analysis.GetProperty("performanceMetrics").EnumerateArray())
        {
            Names(metric).Should().BeSubsetOf(["type", "value", "slice", "confidenceInterval"]);
            metric.GetProperty("value").ValueKind.Should().Be(JsonValueKind.String);
        }
    }

    [Fact]
    public void Dependencies_ReferToComponents()
    {
        var references = Components().Select(component => component.GetProperty("bom-ref").GetString()).ToHashSet();
        foreach (var dependency in _root.GetProperty("dependencies").EnumerateArray())
        {
            Names(dependency).Should().BeSubsetOf(["ref", "dependsOn", "provides"]);
            references.Should().Contain(dependency.GetProperty("ref").GetString());
            var targets = dependency.GetProperty("dependsOn").EnumerateArray().Select(target => target.GetString()).ToList();
            targets.Should().OnlyHaveUniqueItems().And.BeSubsetOf(references);
        }

        foreach (var property in Components().First().GetProperty("properties").EnumerateArray())
            Names(property).Should().BeEquivalentTo("name", "value");
    }

    private IEnumerable<JsonElement> Components() => [_root.GetProperty("metadata").GetProperty("component"), .. _root.GetProperty("components").EnumerateArray()];

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(field => field.Name);
}
