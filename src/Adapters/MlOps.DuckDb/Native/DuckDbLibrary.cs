using System.Runtime.InteropServices;

namespace MlOps.DuckDb.Native;

/// <summary>Finds DuckDB's native library once per process.</summary>
internal static class DuckDbLibrary
{
    /// <summary>The name in the imports, and the name under which the DuckDB.NET packages ship their native asset.</summary>
    public const string Name = "duckdb";

    public const string PathVariable = "MLOPS_DUCKDB_LIBRARY";

    private static readonly Lazy<string?> Failure = new(Register);

    public static void EnsureLoaded()
    {
        if (Failure.Value is { } failure)
            throw new StorageException(failure);
    }

    private static string? Register()
    {
        var assembly = typeof(DuckDbLibrary).Assembly;
        var file = FileName;
        var candidates = new List<string>();
        var named = Environment.GetEnvironmentVariable(PathVariable);
        if (!string.IsNullOrEmpty(named))
        {
            // Somebody asked for this very file: taking another one silently would hide a mistake.
            candidates.Add(named);
        }
        else
        {
            candidates.Add(Path.Combine(AppContext.BaseDirectory, file));
            candidates.Add(Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native", file));
            candidates.Add(Path.Combine(AppContext.BaseDirectory, "runtimes", PortableIdentifier, "native", file));
        }

        nint handle = 0;
        foreach (var candidate in candidates)
        {
            if (NativeLibrary.TryLoad(candidate, out handle))
                break;
        }

        if (handle == 0 && string.IsNullOrEmpty(named))
            NativeLibrary.TryLoad(Name, assembly, null, out handle);
        if (handle == 0)
        {
            return $"DuckDB's native library could not be loaded. Looked at: {string.Join(", ", candidates)}{(string.IsNullOrEmpty(named) ? $" and for '{Name}' by name" : "")}. "
                + $"Put {file} beside the application, reference a package that carries it, or set {PathVariable} to its full path.";
        }

        var loaded = handle;
        NativeLibrary.SetDllImportResolver(assembly, (name, _, _) => name == Name ? loaded : 0);
        return null;
    }

    private static string FileName =>
        OperatingSystem.IsWindows() ? "duckdb.dll" : OperatingSystem.IsMacOS() ? "libduckdb.dylib" : "libduckdb.so";

    private static string PortableIdentifier =>
        (OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux") + "-" + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
}
