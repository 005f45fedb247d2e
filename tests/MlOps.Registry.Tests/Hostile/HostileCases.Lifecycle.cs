namespace MlOps.Registry.Tests;

internal static partial class HostileCases
{
    private static IEnumerable<HostileCase> Lifecycle()
    {
        foreach (var (what, text, says) in new (string, string, string)[] { ("10 MB", Megabytes, "has 10485760 characters"), ("half a surrogate", "\uD800", "is not valid text"), ("NUL", "\0", "is not valid text") })
        {
            yield return HostileCase.Of<InvalidInputException>($"model card: {what}", "The description *" + says, store => store.Models.UpdateModelAsync("churn", new ModelChanges { Description = text }).AsTask());
            yield return HostileCase.Of<InvalidInputException>($"model owner: {what}", "The owner *" + says, store => store.Models.UpdateModelAsync("churn", new ModelChanges { Owner = text }).AsTask());
            yield return HostileCase.Of<InvalidInputException>($"model tag: {what}", "The value of tag 'a' *" + says, store => store.Models.UpdateModelAsync("churn", new ModelChanges { Tags = new Dictionary<string, string?> { ["a"] = text } }).AsTask());
            yield return HostileCase.Of<InvalidInputException>($"deletion's reason: {what}", "The reason *" + says, store => store.Models.DeleteAsync(store.Chunked.Ref, text).AsTask());
            yield return HostileCase.Of<InvalidInputException>($"restoration's reason: {what}", "The reason *" + says, store => store.Models.RestoreAsync(store.Chunked.Ref, text).AsTask());
            yield return Drafted<InvalidInputException>($"unit: {what}", "The unit of 'a' *" + says, draft => draft with { Signature = draft.Signature with { Specs = [new FeatureSpec("a") { Unit = text }] } });
        }

        yield return Drafted<InvalidDefinitionException>("specs without end", "describes 'a' twice", draft => draft with { Signature = draft.Signature with { Specs = new OddList<FeatureSpec>(() => Repeat(new FeatureSpec("a"))) } });
        yield return Drafted<InvalidDefinitionException>("categories without end", "categories; at most 10000",
            draft => draft with { Signature = draft.Signature with { Specs = [new FeatureSpec("a") { Categories = new OddList<string>(() => Repeat("x")) }] } });
        yield return HostileCase.Of<InvalidInputException>("model tag name: climbing", "Tag name '../x'", store => store.Models.UpdateModelAsync("churn", new ModelChanges { Tags = new Dictionary<string, string?> { ["../x"] = "" } }).AsTask());
        foreach (var version in (int[])[0, -1, 99])
            yield return HostileCase.Of<ModelNotFoundException>($"deletion of version {version}", "has no version", store => store.Models.DeleteAsync(new ModelVersionRef("churn", version), "why").AsTask());
        yield return HostileCase.Of<MlOpsException>("deletion of what an alias points at", "champion", store => store.Models.DeleteAsync(store.Version.Ref, "why").AsTask());
        yield return HostileCase.Of<MlOpsException>("deletion of a model with an alias", "champion", store => store.Models.DeleteModelAsync("churn", "why").AsTask());
        yield return HostileCase.Of<InvalidDefinitionException>("deletion of a model that climbs", "Model name '../x'", store => store.Models.DeleteModelAsync("../x", "why").AsTask());
        foreach (var age in (TimeSpan[])[TimeSpan.FromTicks(-1), TimeSpan.MinValue, TimeSpan.MaxValue])
            yield return HostileCase.Of<ArgumentOutOfRangeException>($"purge of {age}", "olderThan", store => store.Models.PurgeAsync(age).AsTask());
        foreach (var limit in (int[])[0, -1, int.MaxValue])
            yield return HostileCase.Of<InvalidInputException>($"list of {limit} models", $"Limit is {limit}", store => store.Models.ListModelsAsync(new ModelListOptions { Limit = limit }).AsTask());
        yield return HostileCase.Of<InvalidInputException>("lineage of nothing", "has no identity", store => store.Get<ILineage>().GetUpstreamAsync(default).AsTask());
        yield return HostileCase.Of<InvalidInputException>("lineage 1,000 deep", "Depth is 1000", store => store.Get<ILineage>().GetUpstreamAsync(LineageNode.Run("x"), new LineageOptions { Depth = 1000 }).AsTask());
        yield return HostileCase.Of<InvalidInputException>("lineage of a billion", "MaximumNodes is 1000000000", store => store.Get<ILineage>().GetDownstreamAsync(LineageNode.Run("x"), new LineageOptions { MaximumNodes = 1_000_000_000 }).AsTask());
    }
}
