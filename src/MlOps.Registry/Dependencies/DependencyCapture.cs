using System.Runtime.InteropServices;
using System.Text.Json;

namespace MlOps.Registry;

/// <summary>Finds out what the running application is built from and runs on.</summary>
public static class DependencyCapture
{
    private const int MaximumDepsBytes = 32 << 20;
    private const int MaximumPackages = 20_000;

    /// <summary>
    /// Reads the application's <c>deps.json</c> (package versions and hashes as restored); where there is none, as in a single-file
    /// application, the loaded assemblies. Nothing but versions and the names of processor and graphics cards is read: no environment variables, no paths, no user names.
    /// </summary>
    /// <returns>The snapshot.</returns>
    public static DependencySnapshot Capture()
    {
        var deps = (AppContext.GetData("APP_CONTEXT_DEPS_FILES") as string ?? "")
            .Split(Path.PathSeparator == ':' ? [';', ':'] : [';'], StringSplitOptions.RemoveEmptyEntries)
            .FirstOrDefault(File.Exists);
        return new DependencySnapshot
        {
            Packages = deps is null ? LoadedAssemblies() : ReadDeps(deps),
            Runtime = RuntimeInformation.FrameworkDescription,
            RuntimeIdentifier = RuntimeInformation.RuntimeIdentifier,
            OperatingSystem = RuntimeInformation.OSDescription,
            Processor = ProcessorName() ?? RuntimeInformation.ProcessArchitecture.ToString(),
            ProcessorCount = Environment.ProcessorCount,
            MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            Accelerators = OperatingSystem.IsLinux() ? ReadAccelerators("/proc/driver/nvidia/gpus") : [],
        };
    }

    /// <summary>Reads the libraries of a <c>deps.json</c>.</summary>
    /// <param name="json">Its UTF-8 bytes.</param>
    /// <returns>The libraries by name.</returns>
    /// <exception cref="InvalidInputException">The bytes are not such a file.</exception>
    public static IReadOnlyList<PackageDependency> ParseDeps(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var packages = new List<PackageDependency>();
            foreach (var library in document.RootElement.GetProperty("libraries").EnumerateObject())
            {
                var slash = library.Name.LastIndexOf('/');
                if (slash <= 0 || packages.Count >= MaximumPackages)
                    continue;
                packages.Add(new PackageDependency(
                    library.Name[..slash], library.Name[(slash + 1)..],
                    library.Value.TryGetProperty("type", out var type) ? type.GetString() ?? "package" : "package",
                    library.Value.TryGetProperty("sha512", out var hash) ? ReadHash(hash.GetString()) : null));
            }

            return [.. packages.OrderBy(package => package.Name, StringComparer.Ordinal).ThenBy(package => package.Version, StringComparer.Ordinal)];
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidInputException($"The deps.json of {json.Length} bytes cannot be read: {error.Message}", error);
        }
    }

    private static IReadOnlyList<PackageDependency> ReadDeps(string path)
    {
        if (new FileInfo(path).Length > MaximumDepsBytes)
            return LoadedAssemblies();
        return ParseDeps(File.ReadAllBytes(path));
    }

    private static PackageDependency[] LoadedAssemblies() =>
    [
        .. AppDomain.CurrentDomain.GetAssemblies()
            .Where(assembly => !assembly.IsDynamic)
            .Select(assembly => assembly.GetName())
            .Select(name => new PackageDependency(name.Name ?? "", name.Version?.ToString() ?? "", "assembly", null))
            .Distinct()
            .OrderBy(package => package.Name, StringComparer.Ordinal).ThenBy(package => package.Version, StringComparer.Ordinal),
    ];

    private static string? ReadHash(string? text)
    {
        const string Prefix = "sha512-";
        Span<byte> hash = stackalloc byte[64];
        return text is not null && text.StartsWith(Prefix, StringComparison.Ordinal) &&
            Convert.TryFromBase64String(text[Prefix.Length..], hash, out var written) && written == 64
            ? Convert.ToHexStringLower(hash)
            : null;
    }

    /// <summary>The names in the NVIDIA driver's <c>gpus/*/information</c>; starting its tools would take a second and may hang with a sick card.</summary>
    internal static IReadOnlyList<string> ReadAccelerators(string directory)
    {
        try
        {
            if (!Directory.Exists(directory))
                return [];
            var names = new List<string>();
            foreach (var card in Directory.EnumerateDirectories(directory).Order(StringComparer.Ordinal))
            {
                var information = Path.Combine(card, "information");
                var line = File.Exists(information) ? File.ReadLines(information).FirstOrDefault(line => line.StartsWith("Model:", StringComparison.Ordinal)) : null;
                if (line?["Model:".Length..].Trim() is { Length: > 0 } name)
                    names.Add(name);
            }

            return names;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string? ProcessorName()
    {
        const string CpuInfo = "/proc/cpuinfo";
        if (!OperatingSystem.IsLinux() || !File.Exists(CpuInfo))
            return null;
        var line = File.ReadLines(CpuInfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal));
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() is { Length: > 0 } name ? name : null;
    }
}
