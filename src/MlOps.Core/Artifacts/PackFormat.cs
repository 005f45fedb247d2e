namespace MlOps.Artifacts;

/// <summary>A pack is this head of 16 bytes (magic and version 1) and chunks one after the other; recipes say where each begins.</summary>
internal static class PackFormat
{
    public static ReadOnlySpan<byte> Head => "MLPACK\0\0\u0001\0\0\0\0\0\0\0"u8;
}
