namespace MlOps.Metadata;

/// <summary>The loaded native library.</summary>
internal sealed class NativeSqlite(string version, string? warning)
{
    private int _warned;

    public string Version => version;

    public string? Warning => warning;

    /// <summary>True for the first caller of this process only, and only when there is a warning.</summary>
    public bool ShouldWarn() => warning is not null && Interlocked.Exchange(ref _warned, 1) == 0;
}
