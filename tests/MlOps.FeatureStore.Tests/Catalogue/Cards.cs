namespace MlOps.Features.Tests;

/// <summary>A view with everything that can be said of one, and a service over it.</summary>
internal static class Cards
{
    public static FeatureView View(Action<FeatureViewBuilder>? more = null, int version = 1, int scale = 100)
    {
        var view = FeatureView.Define("card").Version(version).Describe("What a card was used for").Entity(new Entity("card", ["card"], "A payment card"))
            .Key("card").EventTime("at").Owner("olga").Tag("fraud", "payments").ExpectFreshness(TimeSpan.FromHours(1))
            .Windows(FeatureWindow.Hours(24)).Aggregate("amount", [AggregateFunction.Sum, AggregateFunction.Count], scale).LastValue("limit")
            .Share(FeatureAudience.Role(EnvironmentRole.Developer), FeatureVisibility.Values)
            .Feature("amount_*", notes => notes.Tag("money").Describe("Of the amounts"))
            .Feature("amount_sum_24h", notes => notes.Describe("All that was spent in a day").Sensitivity(FeatureSensitivity.Confidential))
            .Feature("limit", notes => notes.Sensitivity(FeatureSensitivity.Personal).Deprecate("nobody fills it in", Timestamp.Utc(2000, 6, 1), "card/amount_sum_24h"));
        more?.Invoke(view);
        return view.Build();
    }

    public static FeatureService Service(int version = 1, params string[] features) => FeatureService.Define("fraud").Version(version).Owner("group:risk").Tag("live").Describe("For the fraud model")
        .View("card", features.Length == 0 ? null : features).Build();

    public static DataFrame Rows(int count, Timestamp start) => new(
        DataColumn.Create("card", Enumerable.Range(0, count).Select(i => "c" + (i % 7)).ToArray()),
        DataColumn.Create("at", Enumerable.Range(0, count).Select(i => start + TimeSpan.FromMinutes(i)).ToArray()),
        DataColumn.Create("amount", Enumerable.Range(0, count).Select(i => (i * 37 % 101) / 4.0).ToArray()),
        DataColumn.Create("limit", Enumerable.Range(0, count).Select(i => i % 5 == 0 ? double.NaN : 100.0 * (i % 3)).ToArray()));
}
