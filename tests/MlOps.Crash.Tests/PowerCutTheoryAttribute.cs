namespace MlOps.Crash.Tests;

/// <summary>A test that cuts the power of a file system in a file; skipped, and said so, where that cannot be played.</summary>
internal sealed class PowerCutTheoryAttribute : TheoryAttribute
{
    public PowerCutTheoryAttribute(string fileSystem)
    {
        if (LoopImage.Missing(fileSystem) is { } missing)
            Skip = $"No power cut on {fileSystem}: {missing}.";
    }
}
