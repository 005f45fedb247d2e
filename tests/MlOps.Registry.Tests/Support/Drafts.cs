namespace MlOps.Registry.Tests;

internal static class Drafts
{
    public static ModelSignature Signature { get; } = new(
        [new TensorSpec("features", "float", ["N", "3"])], [new TensorSpec("scores", "float", ["N", "1"])], ["a", "b", "c"]);

    public static async Task<ModelVersionDraft> SmallAsync(EnvironmentContext context, string model = "churn", string? key = null, string content = "{}") => new()
    {
        Model = model,
        Key = key,
        Signature = Signature,
        Artifacts = [new ModelArtifact(ModelArtifactKind.Parameters, "parameters", await StoreAsync(context, content))],
    };

    public static ModelVersionBuilder Full(EnvironmentContext context, string model = "churn") => new ModelVersionBuilder(context.Artifacts, model)
        .WithOnnx(OnnxBytes.Linear(), ["a", "b", "c"])
        .WithFeaturize("""{"service":"churn"}""")
        .WithInputExample("""{"input":[1,2,3],"output":[6.5]}""")
        .WithData(new DataReference("churn-2001", "training", ArtifactDigest.Of("rows"u8).ToString(), 100, "query"))
        .WithGeneration(new GenerationRecord
        {
            Framework = "MlOps.Learning 0.1.0",
            Algorithm = "linear",
            HyperParameters = new Dictionary<string, string> { ["l2"] = "0.1" },
            RangesConsidered = new Dictionary<string, string> { ["l2"] = "[0.01, 1] log" },
            Experiments = 12,
            Seed = 7,
            Commit = new string('a', 40),
        })
        .WithMetrics(new Dictionary<string, double> { ["auc"] = 0.81, ["loss"] = 0.4 })
        .WithTags(("owner", "ads"), ("task", "churn"))
        .WithDescription("# Churn");

    public static async Task<ArtifactRef> StoreAsync(EnvironmentContext context, string content, string mediaType = "application/json") =>
        await context.Artifacts.PutBytesAsync(System.Text.Encoding.UTF8.GetBytes(content), mediaType);
}
