using System.Runtime.InteropServices;

namespace MlOps.Features;

/// <summary>Advice to the kernel about mapped files; without it everything works, only slower from a cold disk.</summary>
internal static unsafe partial class MappedPages
{
    private const int Random = 1;
    private const int WillNeed = 3;
    private const int DontNeed = 4;
    private const long PageMask = 0xFFF;

    public static void ExpectRandomReads(byte* start, long length) => Advise(start, length, Random);

    public static void Prefetch(byte* start, long length) => Advise(start, length, WillNeed);

    /// <summary>Takes pages out of this process, not out of the page cache.</summary>
    public static void Forget(byte* start, long length) => Advise(start, length, DontNeed);

    private static void Advise(byte* start, long length, int advice)
    {
        if (!OperatingSystem.IsLinux() || length <= 0)
            return;
        var first = (long)start & ~PageMask;
        _ = MemoryAdvise((nint)first, (nuint)((long)start + length - first), advice);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MemoryAdvise(nint address, nuint length, int advice);
}
