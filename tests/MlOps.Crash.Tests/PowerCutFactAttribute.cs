namespace MlOps.Crash.Tests;

/// <summary>As <see cref="PowerCutTheoryAttribute"/>, for a test without cases.</summary>
internal sealed class PowerCutFactAttribute : FactAttribute
{
    public PowerCutFactAttribute(string fileSystem)
    {
        if (LoopImage.Missing(fileSystem) is { } missing)
            Skip = $"No power cut on {fileSystem}: {missing}.";
    }
}
