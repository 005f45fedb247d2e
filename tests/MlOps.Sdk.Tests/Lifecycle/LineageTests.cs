using System.Text;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Features;
using MlOps.Registry;
using MlOps.Serving;
using MlOps.Testing;

namespace MlOps.Hosting;

/// <summary>The lineage of a whole host: each engine adds the edges that it recorded.</summary>
public sealed class LineageTests : IDisposable
{
    private static readonly Timestamp Start = Timestamp.Utc(2024, 1, 1);
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Lineage_FromRawDataToOnePrediction_IsFoundBothWays()
    {
        await using var host = await TestHost.StartAsync(
            _directory.Path, [("Environments:production:RequiredAtRegistration:0", "Data"), ("Environments:production:RequiredArtifactKinds:0", "Data"), ("Environments:production:Roles:Users:vic", "Viewer")], mlops => mlops
                .AddEnvironment("production")
                .AddFeatureView("customer", view => view.Key("id").EventTime("at").Windows(FeatureWindow.Days(7)).Aggregate("spend", [AggregateFunction.Mean]))
                .AddFeatureService("customers", service => service.View("customer")));
        var production = host["production"];
        var incomplete = async () => await SyntheticModel.RegisterAsync(production, complete: false);
        (await incomplete.Should().ThrowAsync<InvalidDefinitionException>()).Which.Message.Should().Contain("lacks Data (ModelVersionBuilder.WithData)");

        // Raw data are ingested under their digest; a run reads the training frame; a version is made from it and served.
        var raw = ArtifactDigest.Of("raw"u8).ToString();
        var frame = ArtifactDigest.Of([1]).ToString();
        await production.Features.IngestAsync("customer", new DataFrame(
            DataColumn.FromText("id", ["c1", "c2"]), DataColumn.Create("at", new[] { Start, Start }), DataColumn.Create("spend", new[] { 1f, 2f })), raw);
        string runId;
        await using (var run = await production.Experiments.StartRunAsync("churn"))
        {
            run.LogInput("frame", frame, "training");
            runId = run.Id;
        }

        var draft = await SyntheticModel.DraftAsync(production);
        var featurize = await production.Context.Artifacts.PutBytesAsync(Encoding.UTF8.GetBytes($$"""{"service":"{{production.Features.IdOf("customers")}}"}"""), "application/json");
        var version = (await production.Models.RegisterAsync(draft with
        {
            RunId = runId,
            Artifacts = [.. draft.Artifacts.Select(artifact => artifact.Name == ModelArtifactNames.Featurize ? artifact with { Content = featurize } : artifact)],
        })).Ref;
        await production.Models.SetAliasAsync(version, ModelAliases.Champion, "first");
        await production.Endpoints["churn"].SetTrafficAsync(TrafficPolicy.Single(version), "go");
        var prediction = new PredictionId(7, 1);
        await production.Endpoints["churn"].PredictAsync(new float[2], new float[1], new PredictionContext { Id = prediction, AsOf = Start });
        await production.Monitors.FlushAsync();

        // Which versions and endpoints were made from these data?
        var down = await production.Lineage.GetDownstreamAsync(LineageNode.Data(raw));
        down.OfKind(LineageNodeKind.FeatureView).Should().Equal("customer.v1");
        down.OfKind(LineageNodeKind.ModelVersion).Should().Equal("churn:1");
        down.OfKind(LineageNodeKind.Endpoint).Should().Equal("churn");
        down.OfKind(LineageNodeKind.Alias).Should().Equal("churn@champion");
        down.OfKind(LineageNodeKind.Predictions).Should().Equal("churn/churn:1");
        (await production.Lineage.GetDownstreamAsync(LineageNode.Data(frame))).OfKind(LineageNodeKind.Endpoint).Should().Equal("churn");

        // What went into the version that made this prediction?
        var up = await production.Lineage.GetUpstreamAsync(LineageNode.Prediction(prediction));
        up.OfKind(LineageNodeKind.ModelVersion).Should().Equal("churn:1");
        up.OfKind(LineageNodeKind.Run).Should().Equal(runId);
        up.OfKind(LineageNodeKind.Data).Should().BeEquivalentTo([frame, raw]);
        up.OfKind(LineageNodeKind.FeatureService).Should().Equal(production.Features.IdOf("customers"));
        up.IsTruncated.Should().BeFalse();
        (await production.Lineage.GetUpstreamAsync(LineageNode.Endpoint("churn"))).OfKind(LineageNodeKind.Data).Should().BeEquivalentTo([frame, raw]);

        // The catalogue answers by feature; what is not shared with a caller stands in no graph, also where the registry names it.
        var usage = await production.Features.Catalogue.GetUsageAsync("customer", "spend_mean_7d");
        usage.ModelVersions.Should().Equal("churn:1");
        usage.Endpoints.Should().Equal("churn");
        (await production.Features.Catalogue.GetFeaturesOfAsync(LineageNode.Prediction(prediction))).Select(reference => reference.Feature).Should().Equal("spend_mean_7d");
        var service = new LineageNode(LineageNodeKind.FeatureService, production.Features.IdOf("customers"));
        using (host.Services.GetRequiredService<ICallerAccessor>().ActAs(CallerAccessor.Named("vic")))
        {
            var closed = await production.Lineage.GetUpstreamAsync(LineageNode.Prediction(prediction));
            closed.OfKind(LineageNodeKind.ModelVersion).Should().Equal("churn:1");
            closed.Nodes.Should().NotContain(node => node.Kind == LineageNodeKind.FeatureService || node.Kind == LineageNodeKind.FeatureView);
            (await production.Lineage.GetDownstreamAsync(service)).Nodes.Should().Equal(service);
        }

        // A served version is not deleted under the endpoint.
        var delete = async () => await production.Models.DeleteAsync(version, "old", new DeletionOptions { RemoveAliases = true });
        (await delete.Should().ThrowAsync<ConcurrencyConflictException>()).Which.Message.Should().Contain("endpoint 'churn' serves it");
        await production.Endpoints["churn"].StopAsync("over");
        await production.Models.DeleteAsync(version, "old", new DeletionOptions { RemoveAliases = true });
        (await production.Models.GetStageAsync(version)).Stage.Should().Be(ModelStage.Deleted);
        (await production.Lineage.GetUpstreamAsync(LineageNode.Prediction(prediction))).OfKind(LineageNodeKind.Data).Should().Contain(frame, "what a deleted version did stays known");
    }
}
