namespace MlOps.Registry;

/// <summary>What a model was made with: packages, runtime, operating system and hardware.</summary>
public sealed record DependencySnapshot
{
    /// <summary>The packages and projects of the application, by name.</summary>
    public required IReadOnlyList<PackageDependency> Packages { get; init; }

    /// <summary>The .NET runtime, for instance <c>.NET 10.0.1</c>.</summary>
    public required string Runtime { get; init; }

    /// <summary>The runtime identifier, for instance <c>linux-x64</c>.</summary>
    public required string RuntimeIdentifier { get; init; }

    /// <summary>The operating system.</summary>
    public required string OperatingSystem { get; init; }

    /// <summary>The processor's name, where the system tells it; else its architecture.</summary>
    public required string Processor { get; init; }

    /// <summary>Logical processors available to the process.</summary>
    public required int ProcessorCount { get; init; }

    /// <summary>Memory available to the process, in bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>The accelerators that the system names, one entry each, for instance <c>NVIDIA H100 80GB HBM3</c>.</summary>
    /// <value>Default: empty, none was found.</value>
    public IReadOnlyList<string> Accelerators { get; init; } = [];

    /// <summary>The ONNX operator sets that the model asks of its runtime, by domain; the empty domain is ONNX's own.</summary>
    /// <value>Default: empty. <see cref="ModelVersionBuilder"/> fills in those of its model.</value>
    public IReadOnlyDictionary<string, long> Opsets { get; init; } = new Dictionary<string, long>();

    /// <summary>This snapshot as JSON of format 1.</summary>
    /// <returns>UTF-8 bytes; equal snapshots give equal bytes.</returns>
    public byte[] ToJson() => StoredJson.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("formatVersion", 1);
        writer.WriteString("runtime", Runtime);
        writer.WriteString("runtimeIdentifier", RuntimeIdentifier);
        writer.WriteString("operatingSystem", OperatingSystem);
        writer.WriteString("processor", Processor);
        writer.WriteNumber("processorCount", ProcessorCount);
        writer.WriteNumber("memoryBytes", MemoryBytes);
        if (Accelerators.Count > 0)
            StoredJson.WriteStrings(writer, "accelerators", Accelerators);
        if (Opsets.Count > 0)
        {
            writer.WriteStartObject("opsets");
            foreach (var (domain, version) in Opsets.OrderBy(opset => opset.Key, StringComparer.Ordinal))
                writer.WriteNumber(DomainName(domain), version);
            writer.WriteEndObject();
        }

        writer.WriteStartArray("packages");
        foreach (var package in Packages)
        {
            writer.WriteStartObject();
            writer.WriteString("name", package.Name);
            writer.WriteString("version", package.Version);
            writer.WriteString("type", package.Type);
            if (package.Sha512 is not null)
                writer.WriteString("sha512", package.Sha512);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    internal static string DomainName(string domain) => domain.Length == 0 ? "ai.onnx" : domain;
}
