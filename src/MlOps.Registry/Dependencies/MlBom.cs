using System.Text.Json;

namespace MlOps.Registry;

/// <summary>Writes a CycloneDX 1.6 machine-learning bill of materials: the model as the described component, what it was made with as libraries.</summary>
public static class MlBom
{
    /// <summary>The media type of CycloneDX as JSON.</summary>
    public const string MediaType = "application/vnd.cyclonedx+json";

    /// <summary>Writes the document. It holds no time, so that equal content has equal bytes.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">Its version or another label; may be empty.</param>
    /// <param name="signature">What it takes and gives.</param>
    /// <param name="metrics">Metrics on held-out data.</param>
    /// <param name="data">The datasets that it was made from.</param>
    /// <param name="digest">The digest of the served model's bytes, or null.</param>
    /// <param name="dependencies">What it was made with.</param>
    /// <returns>UTF-8 bytes.</returns>
    public static byte[] Write(
        string model, string version, ModelSignature signature, IReadOnlyDictionary<string, double> metrics,
        IReadOnlyList<DataReference> data, ArtifactDigest? digest, DependencySnapshot dependencies)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(version);
        ArgumentNullException.ThrowIfNull(signature);
        ArgumentNullException.ThrowIfNull(metrics);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(dependencies);
        var body = StoredJson.Write(writer => WriteDocument(writer, null));
        return StoredJson.Write(writer => WriteDocument(writer, SerialNumber(body)));

        void WriteDocument(Utf8JsonWriter writer, string? serial)
        {
            writer.WriteStartObject();
            writer.WriteString("bomFormat", "CycloneDX");
            writer.WriteString("specVersion", "1.6");
            if (serial is not null)
                writer.WriteString("serialNumber", serial);
            writer.WriteNumber("version", 1);
            writer.WriteStartObject("metadata");
            writer.WritePropertyName("component");
            WriteModel(writer, model, version, signature, metrics, data, digest, dependencies);
            writer.WriteEndObject();
            writer.WriteStartArray("components");
            foreach (var package in dependencies.Packages)
                WriteLibrary(writer, package);
            foreach (var dataset in data)
                WriteDataset(writer, dataset);
            writer.WriteEndArray();
            WriteDependencies(writer, dependencies, data);
            writer.WriteEndObject();
        }
    }

    private static void WriteModel(
        Utf8JsonWriter writer, string model, string version, ModelSignature signature, IReadOnlyDictionary<string, double> metrics,
        IReadOnlyList<DataReference> data, ArtifactDigest? digest, DependencySnapshot dependencies)
    {
        writer.WriteStartObject();
        writer.WriteString("type", "machine-learning-model");
        writer.WriteString("bom-ref", "model");
        writer.WriteString("name", model);
        if (version.Length > 0)
            writer.WriteString("version", version);
        if (digest is { } hash)
            WriteHash(writer, "SHA-256", hash.Hex);
        writer.WriteStartObject("modelCard");
        writer.WriteStartObject("modelParameters");
        writer.WriteStartArray("datasets");
        foreach (var dataset in data)
        {
            writer.WriteStartObject();
            writer.WriteString("ref", DatasetRef(dataset));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteFormats(writer, "inputs", signature.Inputs);
        WriteFormats(writer, "outputs", signature.Outputs);
        writer.WriteEndObject();
        writer.WriteStartObject("quantitativeAnalysis");
        writer.WriteStartArray("performanceMetrics");
        foreach (var (name, value) in metrics.OrderBy(metric => metric.Key, StringComparer.Ordinal))
        {
            writer.WriteStartObject();
            writer.WriteString("type", name);
            writer.WriteString("value", value.ToString("R", System.Globalization.CultureInfo.InvariantCulture));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteStartArray("properties");
        WriteProperty(writer, "mlops:runtime", dependencies.Runtime);
        WriteProperty(writer, "mlops:runtimeIdentifier", dependencies.RuntimeIdentifier);
        WriteProperty(writer, "mlops:operatingSystem", dependencies.OperatingSystem);
        WriteProperty(writer, "mlops:processor", dependencies.Processor);
        WriteProperty(writer, "mlops:processorCount", dependencies.ProcessorCount.ToString(System.Globalization.CultureInfo.InvariantCulture));
        WriteProperty(writer, "mlops:memoryBytes", dependencies.MemoryBytes.ToString(System.Globalization.CultureInfo.InvariantCulture));
        foreach (var accelerator in dependencies.Accelerators)
            WriteProperty(writer, "mlops:accelerator", accelerator);
        foreach (var (domain, opset) in dependencies.Opsets.OrderBy(opset => opset.Key, StringComparer.Ordinal))
            WriteProperty(writer, "mlops:opset", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{DependencySnapshot.DomainName(domain)}@{opset}"));
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteFormats(Utf8JsonWriter writer, string name, IReadOnlyList<TensorSpec> tensors)
    {
        writer.WriteStartArray(name);
        foreach (var tensor in tensors)
        {
            writer.WriteStartObject();
            writer.WriteString("format", $"{tensor.Name}: {tensor.ElementType}[{string.Join(",", tensor.Shape)}]");
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteLibrary(Utf8JsonWriter writer, PackageDependency package)
    {
        writer.WriteStartObject();
        writer.WriteString("type", "library");
        writer.WriteString("bom-ref", LibraryRef(package));
        writer.WriteString("name", package.Name);
        writer.WriteString("version", package.Version);
        if (package.Sha512 is not null)
            WriteHash(writer, "SHA-512", package.Sha512);
        if (package.Type == "package")
            writer.WriteString("purl", LibraryRef(package));
        writer.WriteEndObject();
    }

    private static void WriteDataset(Utf8JsonWriter writer, DataReference dataset)
    {
        writer.WriteStartObject();
        writer.WriteString("type", "data");
        writer.WriteString("bom-ref", DatasetRef(dataset));
        writer.WriteString("name", dataset.Name);
        writer.WriteString("description", dataset.Role);
        if (ArtifactDigest.TryParse(dataset.Digest, out var digest))
            WriteHash(writer, "SHA-256", digest.Hex);
        writer.WriteEndObject();
    }

    private static void WriteDependencies(Utf8JsonWriter writer, DependencySnapshot dependencies, IReadOnlyList<DataReference> data)
    {
        writer.WriteStartArray("dependencies");
        writer.WriteStartObject();
        writer.WriteString("ref", "model");
        StoredJson.WriteStrings(writer, "dependsOn", dependencies.Packages.Select(LibraryRef).Concat(data.Select(DatasetRef)).Distinct(StringComparer.Ordinal));
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    private static void WriteHash(Utf8JsonWriter writer, string algorithm, string hex)
    {
        writer.WriteStartArray("hashes");
        writer.WriteStartObject();
        writer.WriteString("alg", algorithm);
        writer.WriteString("content", hex);
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    private static void WriteProperty(Utf8JsonWriter writer, string name, string value)
    {
        writer.WriteStartObject();
        writer.WriteString("name", name);
        writer.WriteString("value", value);
        writer.WriteEndObject();
    }

    private static string LibraryRef(PackageDependency package) => $"pkg:nuget/{Uri.EscapeDataString(package.Name)}@{Uri.EscapeDataString(package.Version)}";

    private static string DatasetRef(DataReference dataset) => $"data:{dataset.Role}/{dataset.Name}";

    // A UUID of version 8 (RFC 9562: made by the application's own rule) from the content.
    private static string SerialNumber(ReadOnlySpan<byte> body)
    {
        Span<byte> hash = stackalloc byte[32];
        System.Security.Cryptography.SHA256.HashData(body, hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return $"urn:uuid:{new Guid(hash[..16], bigEndian: true):D}";
    }
}
