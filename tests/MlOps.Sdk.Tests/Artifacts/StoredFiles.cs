namespace MlOps.Hosting;

/// <summary>The files of an environment's artifact store.</summary>
internal static class StoredFiles
{
    public static string[] Of(IMlOpsEnvironment environment) =>
        Directory.GetFiles(Path.Combine(environment.Context.Directory, "artifacts"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();

    /// <summary>Dates back what was stored so far.</summary>
    public static void Age(IMlOpsEnvironment environment)
    {
        foreach (var path in Of(environment))
            File.SetLastWriteTimeUtc(path, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-30));
    }
}

public sealed record Stored(ArtifactRef Blob);

/// <summary>Stores as many bytes as its input says, and hands them out.</summary>
public sealed class StoringPipeline : IPipeline<int>
{
    public string Name => "storing";

    public void Define(PipelineBuilder<int> pipeline) => pipeline.Step("store", async (step, bytes, cancellationToken) =>
    {
        var content = new byte[bytes];
        new Random(bytes).NextBytes(content);
        return new Stored(await step.Artifacts.PutBytesAsync(content, "application/octet-stream", cancellationToken));
    });
}
