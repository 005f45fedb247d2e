using MlOps.Features;

namespace MlOps.Hosting;

public sealed record Customer(string Id);

public sealed class EmptyPipeline : IPipeline<int>
{
    public string Name => "empty";

    public void Define(PipelineBuilder<int> pipeline) => pipeline.Step("nothing", (_, input, _) => Task.FromResult(input));
}

internal static class Declarations
{
    public static IMlOpsBuilder AddCustomers(this IMlOpsBuilder mlops) => mlops
        .AddFeatureView("customer", view => view.Key("id").EventTime("at").LastValue("spend"))
        .AddFeatureService("customers", service => service.View("customer"));
}
