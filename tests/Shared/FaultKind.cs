namespace MlOps.Testing;

/// <summary>How a call of <see cref="FaultyFileSystem"/> fails.</summary>
internal enum FaultKind
{
    /// <summary>EIO; a write has stored half its bytes.</summary>
    InputOutput,

    /// <summary>ENOSPC; a write has stored nothing.</summary>
    NoSpace,

    /// <summary>EDQUOT; a write has stored nothing.</summary>
    Quota,

    /// <summary>A write that stores half its bytes, whose rest then finds no space; other calls as ENOSPC.</summary>
    ShortWrite,
}
