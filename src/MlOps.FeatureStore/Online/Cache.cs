using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace MlOps.Features;

/// <summary>Asks the processor for memory that will be needed; a hint, without effect where there is no such instruction.</summary>
internal static class Cache
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Prefetch<T>(ref T place)
    {
        // The place may move meanwhile: a hint for a place that is gone does no harm.
        if (Sse.IsSupported)
            Sse.Prefetch0(Unsafe.AsPointer(ref place));
    }

    /// <summary>The same for the letters of a text, without reading it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void PrefetchText(string text)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(*(void**)Unsafe.AsPointer(ref text));
    }
}
