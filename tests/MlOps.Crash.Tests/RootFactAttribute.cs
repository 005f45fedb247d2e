namespace MlOps.Crash.Tests;

/// <summary>A test that mounts; skipped, and said so, without root.</summary>
internal sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
            Skip = "Root is needed to mount a small disk.";
    }
}
