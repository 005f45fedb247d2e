using System.Runtime.InteropServices;

namespace MlOps.Serving;

/// <summary>The process's native heap, where ONNX Runtime's weights and arenas lie. Only glibc tells; elsewhere nothing is known.</summary>
internal static partial class NativeHeap
{
    private static readonly bool _isKnown = Probe();

    /// <summary>Bytes allocated now and not freed, or null.</summary>
    public static long? InUse()
    {
        if (!_isKnown)
            return null;
        var info = mallinfo2();
        return (long)(info.AllocatedBytes + info.MappedBytes);
    }

    /// <summary>Gives pages that hold nothing back to the system; glibc keeps them otherwise, so that unloading would not show.</summary>
    public static void Trim()
    {
        if (_isKnown)
            _ = malloc_trim(0);
    }

    private static bool Probe()
    {
        if (!OperatingSystem.IsLinux())
            return false;
        try
        {
            return mallinfo2().AllocatedBytes > 0;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc")]
    private static partial Info mallinfo2();

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint pad);

    // glibc's struct mallinfo2: arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost.
    [StructLayout(LayoutKind.Sequential)]
    private struct Info
    {
        public nuint ArenaBytes;
        public nuint FreeChunks;
        public nuint FastChunks;
        public nuint Mappings;
        public nuint MappedBytes;
        public nuint Unused;
        public nuint FastBytes;
        public nuint AllocatedBytes;
        public nuint FreeBytes;
        public nuint TopBytes;
    }
}
