using Microsoft.Extensions.DependencyInjection;
using MlOps.Environments;
using MlOps.Features;
using MlOps.Testing;

namespace MlOps.Hosting;

/// <summary>What is wrong is said at start, all of it, each with its remedy.</summary>
public sealed class MistakesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Start_WithEveryKindOfWrongValue_ListsThemAll()
    {
        var mistakes = await TestHost.MistakesAsync(_directory.Path,
        [
            ("DefaultEnvironment", "prodution"),
            ("Environments:9lives:Approvals", "0"),
            ("Environments:staging:PromotesFrom", "sandbax"),
            ("Environments:staging:Approvals", "-1"),
            ("Environments:staging:Store:Provider", "S4"),
            ("Environments:staging:Serving:MaxBatchSize", "0"),
            ("Environments:staging:Serving:MaxQueueLength", "0"),
            ("Environments:staging:Gates:auc:Min", "0.9"),
            ("Environments:staging:Gates:auc:Max", "0.8"),
            ("Environments:staging:Traffic:churn:Weights:latest", "1"),
            ("Environments:staging:Traffic:churn:Weights:2", "-1"),
            ("Environments:production:Approvals", "2"),
            ("Environments:production:Gates:f1:Min", ""),
            ("Environments:sandbox:PromotesFrom", "sandbox"),
        ]);

        mistakes.Should().HaveCount(13).And.OnlyHaveUniqueItems();
        Contain(mistakes, "MlOps:DefaultEnvironment is 'prodution'", "Did you mean 'production'?");
        Contain(mistakes, "9lives", "beginning with a letter");
        Contain(mistakes, "staging:PromotesFrom is 'sandbax'", "Did you mean 'sandbox'?");
        Contain(mistakes, "staging:Approvals is -1", "use 0 to 100");
        Contain(mistakes, "staging:Store:Provider is 'S4'", "adapter package");
        Contain(mistakes, "MaxBatchSize is 0", "use 1 to");
        Contain(mistakes, "MaxQueueLength is 0", "use 1 to");
        Contain(mistakes, "Gates:auc has Min 0.9 above Max 0.8", "no value can pass");
        Contain(mistakes, "Weights:latest", "use its number");
        Contain(mistakes, "Weights:2 is -1", "leave a version out");
        Contain(mistakes, "production:Approvals is 2", "set PromotesFrom or remove Approvals");
        Contain(mistakes, "Gates:f1 bounds nothing", "set Min, Max");
        Contain(mistakes, "sandbox:PromotesFrom is the environment itself", "name another");
        mistakes.Count(mistake => mistake.Contains("staging: Environment", StringComparison.Ordinal)).Should().Be(0);
    }

    [Fact]
    public async Task Start_WithRoutesInACircle_NamesTheCircleOnce()
    {
        var mistakes = await TestHost.MistakesAsync(_directory.Path,
            [("Environments:sandbox:PromotesFrom", "production"), ("Environments:staging:PromotesFrom", "sandbox"), ("Environments:production:PromotesFrom", "staging")]);

        mistakes.Should().ContainSingle().Which.Should().ContainAll("circle", "sandbox", "staging", "production", "Remove one");
    }

    [Fact]
    public async Task Start_WithDirectoriesThatMeet_NamesBothEnvironments()
    {
        var mistakes = await TestHost.MistakesAsync(_directory.Path,
            [("Environments:a:Store:Path", _directory["x"]), ("Environments:b:Store:Path", _directory["x/"]), ("Environments:c:Store:Path", _directory["x/deep/er"])]);

        Contain(mistakes, "'a' and 'b' both use", "Store:Path of its own");
        Contain(mistakes, "'a'", "'c'", "side by side");
    }

    [Fact]
    public async Task Start_WithAWrongValueAndAnUnusableDirectory_NamesBothAtOnce()
    {
        await File.WriteAllTextAsync(_directory["file"], "in the way");

        var mistakes = await TestHost.MistakesAsync(_directory.Path, [("Environments:staging:PromotesFrom", "nowhere"), ("Environments:lab:Store:Path", _directory["file/below"])]);

        mistakes.Should().HaveCount(2);
        Contain(mistakes, "nowhere", "Known: ");
        Contain(mistakes, "lab", "is a file", "Choose another directory");
    }

    [Fact]
    public async Task Start_WithAValueOfTheWrongType_NamesTheKey()
    {
        var mistakes = await TestHost.MistakesAsync(_directory.Path, [("Environments:staging:Approvals", "many")]);

        mistakes.Should().ContainSingle().Which.Should().ContainAll("MlOps:Environments:staging:Approvals", "many");
    }

    [Fact]
    public async Task Start_WithDirectoriesThatCannotBeUsed_NamesThemAll()
    {
        await File.WriteAllTextAsync(_directory["file"], "in the way");
        await using (EnvironmentStores.OpenEmbedded("production", EnvironmentKind.Production, _directory["theirs"]))
        {
        }

        var mistakes = await TestHost.MistakesAsync(_directory.Path, [
            ("Environments:a:Store:Path", _directory["file/below"]), ("Environments:b:Store:Path", OperatingSystem.IsLinux() ? "/proc/mlops" : _directory["file/other"]),
            ("Environments:staging:Store:Path", _directory["theirs"])]);

        mistakes.Should().HaveCount(3);
        Contain(mistakes, "a: ", "file' is a file", "Choose another directory");
        Contain(mistakes, "b: ", OperatingSystem.IsLinux() ? "/proc/mlops" : "file");
        Contain(mistakes, "staging: ", "belongs to environment 'production'", "directory of its own");
    }

    [Fact]
    public async Task Start_WithAMissingModelInTraffic_StartsNothingAndChangesNoTrafficElsewhere()
    {
        await using (var host = TestHost.Build(_directory.Path, configure: mlops => mlops.AddEnvironment("a").AddEnvironment("b")))
            await SyntheticModel.RegisterAsync(host["a"]);

        var mistakes = await TestHost.MistakesAsync(_directory.Path,
            [("Environments:a:Traffic:churn:Weights:1", "1"), ("Environments:b:Traffic:churn:Weights:3", "1"), ("Environments:b:Traffic:chrun:Weights:1", "1")]);

        mistakes.Should().HaveCount(2);
        Contain(mistakes, "b: Traffic:churn:Weights:3", "churn");
        Contain(mistakes, "b: Traffic:chrun:Weights:1", "chrun");
        await using var after = TestHost.Build(_directory.Path, configure: mlops => mlops.AddEnvironment("a"));
        (await after["a"].Get<Serving.IEndpoints>()["churn"].GetTrafficAsync()).Should().BeNull();
    }

    [Fact]
    public async Task Start_WithWrongDefinitions_NamesEachInEachEnvironment()
    {
        var mistakes = await TestHost.MistakesAsync(_directory.Path, configure: mlops => mlops
            .AddEnvironment("staging").AddEnvironment("production")
            .AddCustomers().AddFeatureService("wrong", service => service.View("custmer"))
            .AddPipeline<TwiceNamed>());

        mistakes.Should().HaveCount(4);
        Contain(mistakes, "staging: ", "'wrong'", "Did you mean 'customer'?");
        Contain(mistakes, "staging: ", "twice-named", "same");
        Contain(mistakes, "production: ", "'wrong'");
        Contain(mistakes, "production: ", "twice-named");
    }

    [Fact]
    public void Declarations_ThatCanBeJudgedAtOnce_ThrowWhereTheyStand()
    {
        var mlops = new ServiceCollection().AddMlOps();

        mlops.Invoking(m => m.AddEnvironment("9 lives")).Should().Throw<InvalidDefinitionException>().WithMessage("*9 lives*");
        mlops.Invoking(m => m.AddFeatureView("empty", _ => { })).Should().Throw<InvalidDefinitionException>().WithMessage("*empty*");
        mlops.Invoking(m => m.AddModel<int, int>("m", model => model.Feature("a", _ => 1))).Should().Throw<InvalidDefinitionException>().WithMessage("*Decode*");
    }

    [Fact]
    public async Task WithoutAHost_AWrongConfiguration_IsTheSameException()
    {
        await using var host = TestHost.Build(_directory.Path, [("Environments:staging:PromotesFrom", "nowhere")]);

        host.Invoking(h => h.Services.GetRequiredKeyedService<Registry.IModelRegistry>("staging")).Should().Throw<MlOpsConfigurationException>().WithMessage("*nowhere*");
    }

    private static void Contain(IEnumerable<string> mistakes, params string[] parts) =>
        mistakes.Should().Contain(mistake => parts.All(part => mistake.Contains(part, StringComparison.Ordinal)), "one has {0}", string.Join(" and ", parts));

    public sealed class TwiceNamed : IPipeline<int>
    {
        public string Name => "twice-named";

        public void Define(PipelineBuilder<int> pipeline)
        {
            pipeline.Step("same", (_, input, _) => Task.FromResult(input));
            pipeline.Step("same", (_, input, _) => Task.FromResult(input));
        }
    }
}
