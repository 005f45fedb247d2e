using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MlOps.Serving;

/// <summary>
/// Managed memory that stays where it is and begins at a cache line, as ONNX Runtime's own: its kernels treat the elements before the first
/// boundary by other instructions, so that the last bit of a sum may depend on where the memory begins.
/// </summary>
internal static class AlignedMemory
{
    private const int Alignment = 64;

    /// <summary>Memory of zeros.</summary>
    public static unsafe Memory<T> Allocate<T>(int count)
        where T : unmanaged
    {
        var array = GC.AllocateArray<T>(checked(count + (Alignment / sizeof(T))), pinned: true);
        var offset = (int)(-(long)Address<T>(array) & (Alignment - 1)) / sizeof(T);
        return array.AsMemory(offset, count);
    }

    /// <summary>Where pinned memory begins.</summary>
    public static unsafe nint Address<T>(Memory<T> pinned)
        where T : unmanaged => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(pinned.Span));
}
