using System.Runtime.InteropServices;

namespace MlOps.Benchmarks.Claims.Support;

/// <summary>The system's own flush, whose errors .NET swallows.</summary>
internal static partial class FileSystems
{
    public static void Sync(FileStream file)
    {
        file.Flush();
        if (!OperatingSystem.IsWindows() && fsync(file.SafeFileHandle.DangerousGetHandle().ToInt32()) != 0)
            throw new IOException($"fsync failed with errno {Marshal.GetLastPInvokeError()}.");
    }

    /// <summary>Takes a file that nobody maps out of the page cache (Linux); a cache below it may still hold it.</summary>
    public static void DropFromPageCache(string path)
    {
        if (!OperatingSystem.IsLinux())
            return;
        using var file = File.OpenHandle(path);
        const int dontNeed = 4;
        int error = posix_fadvise(file.DangerousGetHandle().ToInt32(), 0, 0, dontNeed);
        if (error != 0)
            throw new IOException($"posix_fadvise failed with errno {error}.");
    }

    [LibraryImport("libc")]
    private static partial int posix_fadvise(int descriptor, long offset, long length, int advice);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);
}
