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

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);
}
