namespace MlOps.Registry.Tests;

internal static class BundleAssertions
{
    /// <summary>The import is refused by an error of ours with that message, no version is there, and no blob that arrived is referred to.</summary>
    public static async Task ShouldRefuseAsync(this EnvironmentContext context, Stream tar, string message, BundleImportOptions? options = null)
    {
        var import = () => BundleFixture.Bundles(context).ImportTarAsync(tar, options).AsTask();
        (await import.Should().ThrowAsync<MlOpsException>().WithMessage(message)).Which.Should().NotBeOfType<StorageException>();
        await context.ShouldBeIntactAsync();
    }

    public static async Task ShouldBeIntactAsync(this EnvironmentContext context)
    {
        (await new SqlModelRegistry(context).ListModelsAsync()).Should().BeEmpty();
        (await context.Events.ReadAsync()).Should().BeEmpty();
        await context.Artifacts.CollectAsync((_, _) => ValueTask.FromResult(false), DateTimeOffset.MaxValue);
        await foreach (var digest in context.Artifacts.ListAsync())
            digest.ToString().Should().BeEmpty("every orphan can be collected");
    }
}
