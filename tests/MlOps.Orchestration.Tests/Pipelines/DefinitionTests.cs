using MlOps.Registry;
using Microsoft.Extensions.DependencyInjection;

namespace MlOps.Orchestration.Tests;

public sealed class DefinitionTests : PipelineTest
{
    public abstract record Shape;

    public sealed record Holder(string Name, Func<int> Code);

    [Fact]
    public void Mistakes_AllListedAtOnce()
    {
        var other = default(StepHandle<int>);
        var host = Host(p =>
        {
            other = p.Step("x", (_, x, _) => Task.FromResult(x));
        }, "first");
        host.Pipelines.Validate();
        var broken = Host(p =>
        {
            p.Step("a", (_, x, _) => Task.FromResult(x));
            p.Step("A", (_, x, _) => Task.FromResult(x));
            p.Step("", (_, x, _) => Task.FromResult(x));
            p.Step("stream", (_, _, _) => Task.FromResult<Stream>(new MemoryStream()));
            p.Step("shape", (_, _, _) => Task.FromResult<Shape>(null!));
            p.Step("holder", (_, _, _) => Task.FromResult(new Holder("h", () => 1)));
            p.Step("foreign", other, (_, x, _) => Task.FromResult(x));
            p.Step("unset", default(StepHandle<int>), (_, x, _) => Task.FromResult(x));
            p.Step("waits", (_, x, _) => Task.FromResult(x), step => step.After("streem"));
        });
        var message = broken.Pipelines.Invoking(p => p.Validate()).Should().Throw<InvalidDefinitionException>().Which.Message;
        message.Should().ContainAll("'A'", "Step name ''", "'stream' cannot be stored", "'shape' cannot be stored", "'holder' cannot be stored: Holder.Code",
            "'foreign' takes the output of a step of another pipeline", "'unset' takes a handle that no step returned", "'waits' waits for 'streem'", "Did you mean 'stream'");
    }

    [Fact]
    public void Cycle_NamesThePath()
    {
        var host = Host(p =>
        {
            var a = p.Step("a", (_, x, _) => Task.FromResult(x), step => step.After("c"));
            var b = p.Step("b", a, (_, x, _) => Task.FromResult(x));
            p.Step("c", b, (_, x, _) => Task.FromResult(x));
        });
        host.Pipelines.Invoking(p => p.Validate()).Should().Throw<InvalidDefinitionException>().WithMessage("*circle*'a' after 'c' after 'b' after 'a'*");
    }

    [Fact]
    public void Empty_And_UnknownPipeline_SaySo()
    {
        Host(_ => { }).Pipelines.Invoking(p => p.Validate()).Should().Throw<InvalidDefinitionException>().WithMessage("*no steps*");
        var host = Host(p => p.Step("a", (_, x, _) => Task.FromResult(x)));
        host.Pipelines.Invoking(p => p.Describe("tset")).Should().Throw<NotFoundException>().WithMessage("*Did you mean 'test'*");
    }

    [Fact]
    public void PromoteTo_WithoutAVersion_IsRefused()
    {
        var host = Host(p => p.Then("train", (_, x, _) => Task.FromResult(x)).PromoteTo("staging"));
        host.Pipelines.Invoking(p => p.Validate()).Should().Throw<InvalidDefinitionException>().WithMessage("*takes a ModelVersionRef*Register*");
    }

    [Fact]
    public void Describe_YieldsMermaidAndJson()
    {
        var host = Host(p =>
        {
            var a = p.Step("a", (_, x, _) => Task.FromResult(x), step => step.Retry(2).Requires(2, 1 << 20, 1).Timeout(TimeSpan.FromHours(1)));
            p.When("good?", a, x => x > 1, () => p.Step("yes", a, (_, x, _) => Task.FromResult(x)), () => p.Step("no", a, (_, x, _) => Task.FromResult(x)));
        });
        var definition = host.Pipelines.Describe("test");
        definition.ToMermaid().Should().Be(
            "flowchart TD\n  input([\"Int32\"])\n  s0[\"a\"]\n  s1{\"good?\"}\n  s2[\"yes\"]\n  s3[\"no\"]\n  input --> s0\n  s0 --> s1\n" +
            "  s0 --> s2\n  s1 -->|yes| s2\n  s0 --> s3\n  s1 -->|no| s3\n");
        definition.Steps[0].Resources.Should().Be(new StepResources(2, 1 << 20, 1));
        definition.ToJson().Should().Contain("\"Retries\":2").And.Contain("\"Timeout\":\"01:00:00\"");
    }

    [Fact]
    public async Task ChangedGraph_RunInFlight_FailsWithReason()
    {
        var store = default(CrashingStore);
        var dying = Host(p => p.Step("a", (_, x, _) => Count("a", x)), wrap: inner => store = new CrashingStore(inner, 3, false));
        await FluentActions.Awaiting(() => RunAsync(dying).AsTask()).Should().ThrowAsync<HostDiedException>();
        Sandbox.Clock.Advance(TimeSpan.FromMinutes(1));
        var next = Host(p => p.Step("renamed", (_, x, _) => Count("renamed", x)));
        var open = (await next.Pipelines.ListAsync()).Single();
        var run = await next.Pipelines.WaitAsync(open.Id);
        run.Status.Should().Be(PipelineStatus.Failed);
        run.Error.Should().Contain("has changed since this run began");
    }

    public sealed class Greedy(IMlOpsEnvironments all) : IPipeline<int>
    {
        public string Name => "greedy" + all.Count;

        public void Define(PipelineBuilder<int> pipeline) => pipeline.Step("a", (_, x, _) => Task.FromResult(x));
    }

    public sealed class Locator(IServiceProvider services) : IPipeline<int>
    {
        public string Name => "locator" + services.GetHashCode();

        public void Define(PipelineBuilder<int> pipeline) => pipeline.Step("a", (_, x, _) => Task.FromResult(x));
    }

    public sealed class Sneaky([FromKeyedServices("production")] IModelRegistry registry) : IPipeline<int>
    {
        public string Name => "sneaky" + registry.GetHashCode();

        public void Define(PipelineBuilder<int> pipeline) => pipeline.Step("a", (_, x, _) => Task.FromResult(x));
    }

    public sealed class Missing(Uri address) : IPipeline<int>
    {
        public string Name => address.ToString();

        public void Define(PipelineBuilder<int> pipeline) => pipeline.Step("a", (_, x, _) => Task.FromResult(x));
    }

    public sealed class Honest(IModelRegistry registry, EnvironmentContext context, IMlOpsEnvironment environment, TimeProvider clock) : IPipeline<int>
    {
        public string Name => "honest";

        public void Define(PipelineBuilder<int> pipeline) => pipeline.Step("a", (_, _, _) =>
            Task.FromResult($"{context.Name}/{environment.Name}/{ReferenceEquals(registry, environment.Models)}/{clock.GetType().Name}"));
    }

    [Fact]
    public async Task Constructor_GetsOwnEnvironmentOnly_OthersAreRefused()
    {
        await using var production = new MlOps.Testing.TestEnvironment("production", EnvironmentKind.Production, Sandbox.Clock);
        await using var host = new TestHost([Sandbox, production], builder =>
        {
            builder.Services.AddSingleton(TimeProvider.System);
            builder.AddPipeline<Greedy>().AddPipeline<Locator>().AddPipeline<Sneaky>().AddPipeline<Missing>().AddPipeline<Honest>();
        });
        host["sandbox"].Pipelines.Invoking(p => p.Validate()).Should().Throw<InvalidDefinitionException>().Which.Message
            .Should().ContainAll("Greedy asks for IMlOpsEnvironments", "Locator asks for IServiceProvider", "Sneaky asks for IModelRegistry", "'production'", "Missing asks for Uri");
        host["production"].Pipelines.Invoking(p => p.Validate()).Should().Throw<InvalidDefinitionException>().Which.Message.Should().NotContain("Sneaky");
        foreach (var name in new[] { "sandbox", "production" })
        {
            var run = await host[name].Pipelines.RunAsync<Honest, int>(1);
            run.Output<string>("a").Should().StartWith($"{name}/{name}/True/");
        }
    }
}
