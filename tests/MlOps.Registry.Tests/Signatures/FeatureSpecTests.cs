using System.Text;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class FeatureSpecTests : IAsyncDisposable
{
    private static readonly ModelSignature Described = Drafts.Signature with
    {
        Specs =
        [
            new FeatureSpec("a") { Type = "category", Categories = ["x", "y"], Nullable = true },
            new FeatureSpec("b") { Unit = "km", Description = "how far" },
            new FeatureSpec("scores") { Nullable = false },
        ],
    };

    private readonly TestEnvironment _environment = new();

    public ValueTask DisposeAsync() => _environment.DisposeAsync();

    [Fact]
    public void Config_WithSpecs_HasTheCommittedBytesOfFormatTwo()
    {
        var config = new ModelConfig("churn", Described, new Dictionary<string, double>(), "");
        Encoding.UTF8.GetString(config.Write()).Should().Be(Encoding.UTF8.GetString(Fixture("config-v2.json")));
        ModelConfig.Read(Fixture("config-v2.json")).Should().BeEquivalentTo(config);
    }

    [Fact]
    public void Config_WithoutSpecs_StaysFormatOne() =>
        Encoding.UTF8.GetString(new ModelConfig("churn", Drafts.Signature, new Dictionary<string, double>(), "").Write()).Should().StartWith("""{"formatVersion":1,""").And.NotContain("specs");

    [Fact]
    public void Config_OfAnUnknownFormat_IsRefused() =>
        FluentActions.Invoking(() => ModelConfig.Read(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Fixture("config-v2.json")).Replace("\"formatVersion\":2", "\"formatVersion\":3"))))
            .Should().Throw<CorruptDataException>().WithMessage("*reads 1 and 2*");

    [Fact]
    public async Task Register_WithSpecs_ReadsThemBackAndCopiesThem()
    {
        await using var other = new TestEnvironment("production", EnvironmentKind.Production);
        var (source, target) = (new EnvironmentHandle(_environment.Context), new EnvironmentHandle(other.Context));
        var draft = await Drafts.Full(_environment.Context).WithFeatureSpecs(Described.Specs).BuildAsync();
        var version = await source.Models.RegisterAsync(draft);
        (await source.Models.GetAsync(version.Ref)).Signature.Should().BeEquivalentTo(Described);
        var copy = await ModelCopier.CopyAsync(source, version.Ref, target, "key");
        copy.Manifest.Should().Be(version.Manifest);
        copy.Signature.Should().BeEquivalentTo(Described);
    }

    [Fact]
    public async Task Register_HostileSpecs_AreRefusedByName()
    {
        await RefusedAsync([new FeatureSpec("d")], "'d'");
        await RefusedAsync([new FeatureSpec("a"), new FeatureSpec("a")], "twice");
        await RefusedAsync([new FeatureSpec("a") { Categories = ["x", "x"] }], "category twice");
        await RefusedAsync([new FeatureSpec("a") { Unit = new string('k', 101) }], "unit");
        await RefusedAsync([new FeatureSpec("a") { Categories = [.. Enumerable.Range(0, 10_001).Select(i => $"{i}")] }], "10001");
        await RefusedAsync([new FeatureSpec("a") { Description = "\0" }], "NUL");
    }

    private async Task RefusedAsync(FeatureSpec[] specs, string word)
    {
        var draft = (await Drafts.SmallAsync(_environment.Context)) with { Signature = Drafts.Signature with { Specs = specs } };
        (await new SqlModelRegistry(_environment.Context).Invoking(registry => registry.RegisterAsync(draft).AsTask()).Should().ThrowAsync<MlOpsException>())
            .Which.Message.Should().Contain(word);
    }

    private static byte[] Fixture(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Fixtures", name));
}
