using System.Reflection;

namespace MlOps.Packaging;

/// <summary>The checkout that this test assembly was built from, as its build recorded it.</summary>
internal static class Checkout
{
    private static readonly Dictionary<string, string?> Metadata = typeof(Checkout).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .ToDictionary(attribute => attribute.Key, attribute => attribute.Value, StringComparer.Ordinal);

    public static string Root { get; } = Path.TrimEndingDirectorySeparator(Path.GetFullPath(Metadata["RepositoryRoot"]!));

    public static string Configuration => Metadata["Configuration"]!;

    /// <summary>Where this machine keeps restored packages.</summary>
    public static string PackageRoot => Metadata["PackageRoot"]!;

    /// <summary>The path below <c>runtimes/</c> of the SQLite that the set-up compiled, or null where it compiled none.</summary>
    public static string? NativeSqlite => Metadata.GetValueOrDefault("NativeSqlite");

    public static bool OnnxRuntimeFromNuGet => Metadata["OnnxRuntimeFromNuGet"] == "true";

    public static IReadOnlyList<string> PackageNames { get; } =
        [.. Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Where(path => !File.ReadAllText(path).Contains("<IsPackable>false<", StringComparison.Ordinal))
            .Select(path => Path.GetFileNameWithoutExtension(path)!)
            .Order(StringComparer.Ordinal)];
}
