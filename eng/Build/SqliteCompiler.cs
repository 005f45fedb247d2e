using System.Diagnostics;

namespace MlOps.Build;

/// <summary>Compiles SQLite's amalgamation, the single public-domain C file, to <c>libe_sqlite3</c>.</summary>
internal static class SqliteCompiler
{
    private static readonly string[] Defines =
    [
        "SQLITE_THREADSAFE=1",
        "SQLITE_DQS=0",
        "SQLITE_TRUSTED_SCHEMA=0",
        "SQLITE_OMIT_LOAD_EXTENSION",
        "SQLITE_ENABLE_COLUMN_METADATA",
        "SQLITE_ENABLE_FTS5",
        "SQLITE_ENABLE_RTREE",
    ];

    public static string FileName => OperatingSystem.IsWindows() ? "e_sqlite3.dll" : OperatingSystem.IsMacOS() ? "libe_sqlite3.dylib" : "libe_sqlite3.so";

    public static string? FindCompiler() =>
        OperatingSystem.IsWindows() ? Tool.Find("cl", "clang", "gcc") : Tool.Find("cc", "gcc", "clang");

    /// <summary>Compiles unless the target is there and made from the same source by the same flags.</summary>
    /// <returns>False where no C compiler is found or it fails; the cause is printed.</returns>
    public static async Task<bool> CompileAsync(string source, string target, string stamp, CancellationToken cancellationToken)
    {
        if (FindCompiler() is not { } compiler)
        {
            Console.WriteLine("  SQLite: no C compiler found, so MlOps.Core uses the system's libsqlite3 or the bundled one.");
            return false;
        }

        string key = Files.Hash([File.ReadAllText(source), compiler, .. Defines]);
        if (File.Exists(target) && Files.ReadIfThere(stamp) == key)
            return true;

        Console.WriteLine($"  SQLite: compiling with {Path.GetFileNameWithoutExtension(compiler)} (about a minute) ...");
        var clock = Stopwatch.StartNew();
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        string temporary = Path.Combine(Path.GetDirectoryName(stamp)!, FileName);
        var result = await Tool.CapturedAsync(compiler, Arguments(compiler, source, temporary), Path.GetDirectoryName(stamp)!, cancellationToken);
        if (!result.Succeeded)
        {
            Console.WriteLine($"  SQLite: the C compiler failed, so MlOps.Core uses the system's libsqlite3 or the bundled one.{Environment.NewLine}{result.Tail(10)}");
            return false;
        }

        Files.Place(temporary, target);
        File.Delete(temporary);
        Files.Write(stamp, key);
        Console.WriteLine($"  SQLite: compiled in {clock.Elapsed.TotalSeconds:F0} s");
        return true;
    }

    private static string[] Arguments(string compiler, string source, string target)
    {
        if (Path.GetFileNameWithoutExtension(compiler).Equals("cl", StringComparison.OrdinalIgnoreCase))
            return ["/nologo", "/O2", "/LD", .. Defines.Select(define => "/D" + define), "/DSQLITE_API=__declspec(dllexport)", source, $"/Fe:{target}"];

        string[] shared = OperatingSystem.IsMacOS() ? ["-dynamiclib", "-install_name", "@rpath/" + FileName] : ["-shared"];
        string[] export = OperatingSystem.IsWindows() ? ["-DSQLITE_API=__declspec(dllexport)"] : ["-fPIC"];
        string[] libraries = OperatingSystem.IsLinux() ? ["-lpthread", "-ldl", "-lm"] : [];
        return ["-O2", "-w", .. export, .. shared, .. Defines.Select(define => "-D" + define), "-o", target, source, .. libraries];
    }
}
