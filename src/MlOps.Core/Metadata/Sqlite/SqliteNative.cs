using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MlOps.Metadata;

/// <summary>
/// Which native SQLite this process uses. A provider that the host has set (a SQLitePCLRaw bundle of its own) is kept; else
/// <c>e_sqlite3</c> beside the application or under <c>runtimes/RID/native</c> is loaded, else the system's SQLite.
/// </summary>
public static class SqliteNative
{
    // 3.7.0 to 3.51.2 may corrupt a database when two connections write and reset the log at the same moment (sqlite.org/wal.html#walresetbug).
    private const int FirstAffected = 3_007_000;
    private const int FirstFixed = 3_051_003;
    private static readonly Lazy<NativeSqlite> Loaded = new(Load);

    /// <summary>The native library's version, for instance <c>3.53.2</c>.</summary>
    /// <exception cref="StorageException">No native SQLite could be loaded.</exception>
    public static string Version => Loaded.Value.Version;

    /// <summary>What is wrong with this version and what to do, or null when nothing is.</summary>
    public static string? Warning => Loaded.Value.Warning;

    internal static NativeSqlite EnsureLoaded() => Loaded.Value;

    internal static string? WarningFor(int versionNumber, string version) =>
        versionNumber is >= FirstAffected and < FirstFixed
            ? $"The native SQLite is {version}. Versions 3.7.0 to 3.51.2 can corrupt a database that several processes write at once. " +
              "Put a libe_sqlite3 of 3.51.3 or later beside the application, or let only one process open each environment."
            : null;

    private static NativeSqlite Load()
    {
        try
        {
            // Its static constructor initialises a SQLitePCLRaw bundle when the host has one.
            RuntimeHelpers.RunClassConstructor(typeof(SqliteConnection).TypeHandle);
            if (!HasProvider())
            {
                UseOurResolver();
                raw.SetProvider(new SQLite3Provider_e_sqlite3());
            }

            var version = raw.sqlite3_libversion().utf8_to_string();
            return new NativeSqlite(version, WarningFor(raw.sqlite3_libversion_number(), version));
        }
        catch (Exception exception) when (exception is DllNotFoundException or TypeInitializationException or BadImageFormatException or EntryPointNotFoundException)
        {
            throw new StorageException(
                $"No native SQLite library could be loaded: put libe_sqlite3 ({RuntimeInformation.RuntimeIdentifier}) beside the application in " +
                $"'{AppContext.BaseDirectory}', install the system's SQLite, or reference a SQLitePCLRaw bundle.", exception);
        }
    }

    private static bool HasProvider()
    {
        try
        {
            return raw.GetNativeLibraryName() is not null;
        }
        catch (Exception)
        {
            // SQLitePCLRaw has no question for this; it throws a bare Exception while no provider is set.
            return false;
        }
    }

    private static void UseOurResolver()
    {
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
        }
        catch (InvalidOperationException)
        {
            // The host resolves this assembly's imports itself: its choice stands.
        }
    }

    private static nint Resolve(string library, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (library != "e_sqlite3")
            return 0;
        if (NativeLibrary.TryLoad(library, assembly, searchPath, out var handle))
            return handle;
        foreach (var candidate in Candidates())
        {
            if (NativeLibrary.TryLoad(candidate, out handle))
                return handle;
        }

        return 0;
    }

    private static IEnumerable<string> Candidates()
    {
        var file = OperatingSystem.IsWindows() ? "e_sqlite3.dll" : OperatingSystem.IsMacOS() ? "libe_sqlite3.dylib" : "libe_sqlite3.so";
        yield return Path.Combine(AppContext.BaseDirectory, file);
        yield return Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native", file);
        if (OperatingSystem.IsWindows())
        {
            yield return "winsqlite3";
        }
        else if (OperatingSystem.IsMacOS())
        {
            yield return "libsqlite3.dylib";
        }
        else
        {
            yield return "libsqlite3.so.0";
            yield return "libsqlite3.so";
        }
    }
}
