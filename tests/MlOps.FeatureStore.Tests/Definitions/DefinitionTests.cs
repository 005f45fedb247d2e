using Microsoft.Extensions.DependencyInjection;
using MlOps.Testing;

namespace MlOps.Features.Tests;

public sealed class DefinitionTests
{
    private sealed record FlightLanded(Timestamp Scheduled, Timestamp KnownAt, string Origin, float Delay);

    [Fact]
    public void Service_NamesItsFeatures_ByViewColumnFunctionAndWindow()
    {
        var view = Flights.Views()[0];
        view.FeatureNames.Should().Equal(
            "delay_count_1h", "delay_mean_1h", "delay_count_24h", "delay_mean_24h", "delay_count_7d", "delay_mean_7d", "late_mean_1h", "late_mean_24h", "late_mean_7d", "last_delay");
        Enumerable.Range(0, 3).Select(view.Plan.Step).Should().Equal(5 * Flights.Minute, 60 * Flights.Minute, 60 * Flights.Minute);
    }

    [Theory]
    [InlineData(45, "45s")]
    [InlineData(5400, "90m")]
    [InlineData(86400, "24h")]
    [InlineData(172800, "2d")]
    public void Window_Label_UsesTheLargestWholeUnit(int seconds, string label) => new FeatureWindow(TimeSpan.FromSeconds(seconds)).Label.Should().Be(label);

    [Fact]
    public void View_WithMistakes_ListsThemAll()
    {
        var build = () => FeatureView.Define("v").Version(0).Aggregate("x", [], scale: 0).Build();
        build.Should().Throw<InvalidDefinitionException>().WithMessage("*version 0*0 keys*no event time*no windows*no functions*scale 0*");
        var name = () => FeatureView.Define("no blanks");
        name.Should().Throw<InvalidDefinitionException>().WithMessage("*'no blanks'*");
        var hop = () => new FeatureWindow(TimeSpan.FromHours(1), TimeSpan.FromHours(2));
        hop.Should().Throw<InvalidDefinitionException>();
    }

    [Fact]
    public async Task Service_NamingWhatIsNotThere_IsRefusedWithTheNearestName()
    {
        var wrong = FeatureService.Define("s").View("orign").View("route", features: ["delay_mean_2h"], keys: new Dictionary<string, string> { ["from"] = "origin" }).Build();
        await using var open = new OpenStore(services: [wrong]);
        var make = () => open.Store;
        make.Should().Throw<InvalidDefinitionException>().WithMessage("*'orign'*'origin'*'from'*'delay_mean_2h'*'delay_mean_24h'*");
    }

    [Fact]
    public async Task View_ChangedUnderTheSameVersion_IsRefusedWithWhatChanged()
    {
        await using var open = new OpenStore();
        await open.Store.EnsureReadyAsync();
        var changed = await open.ReopenAsync(Flights.Views(scale: 10));
        var start = async () => await changed.EnsureReadyAsync();
        await start.Should().ThrowAsync<InvalidDefinitionException>().WithMessage("*'origin' version 1*gone: 'aggregate delay = delay scale 1'*new: 'aggregate delay = delay scale 10'*Version(2)*");
        var next = await open.ReopenAsync(Flights.Views(version: 2, scale: 10));
        await next.EnsureReadyAsync();
        (await next.GetStatusAsync("origin")).Version.Should().Be(2);
    }

    [Fact]
    public async Task OneView_InTwoRoles_ReadsItsKeysFromTwoColumns()
    {
        var airport = FeatureView.Define("airport").Key("airport").EventTime("at").LastValue("wind").Build();
        var service = FeatureService.Define("weather")
            .View("airport", keys: new Dictionary<string, string> { ["airport"] = "origin" }, alias: "from")
            .View("airport", keys: new Dictionary<string, string> { ["airport"] = "destination" }, alias: "to").Build();
        await using var open = new OpenStore([airport], [service]);
        await open.Store.IngestAsync("airport", new DataFrame(
            DataColumn.Create("airport", new[] { 1L, 2L }), DataColumn.Create("at", new[] { Flights.Start, Flights.Start }), DataColumn.Create("wind", new[] { 11, 22 })), "b");
        var frame = await open.Store.GetTrainingFrameAsync(
            new DataFrame(DataColumn.Create("origin", new[] { "1", "2" }), DataColumn.Create("destination", new[] { 2, 1 }), DataColumn.Create("t", new[] { Flights.Start, Flights.Start })), "t", "weather");
        frame.Column<float>("from_wind").Span.ToArray().Should().Equal(11, 22);
        frame.Column<float>("to_wind").Span.ToArray().Should().Equal(22, 11);
        await open.Store.MaterializeAsync("weather", Flights.Start);
        var values = new float[2];
        await (await open.Store.GetVectorSourceAsync("weather")).ReadAsync(new[] { "1", "2" }, Flights.Start, values);
        values.Should().Equal(11, 22);
    }

    [Fact]
    public async Task TypedView_GoesTheSameWayAsColumns()
    {
        var view = FeatureView.Define<FlightLanded>("origin").Key("origin", f => f.Origin).EventTime(f => f.Scheduled).AvailableAt(f => f.KnownAt)
            .Windows(FeatureWindow.Hours(24)).Aggregate("delay", f => f.Delay, [AggregateFunction.Count, AggregateFunction.Mean], scale: 1).Build();
        await using var open = new OpenStore([view], [FeatureService.Define("s").View("origin").Build()]);
        await open.Store.IngestAsync(view, [new(Flights.Start, Flights.Start + TimeSpan.FromHours(2), "SFO", 10), new(Flights.Start, Flights.Start + TimeSpan.FromHours(3), "SFO", 20)], "b");
        var frame = await open.Store.GetTrainingFrameAsync(
            new DataFrame(
                DataColumn.Create("origin", new[] { "SFO", "SFO", "SFO" }),
                DataColumn.Create("at", new[] { 1, 2, 3 }.Select(hours => Flights.Start + TimeSpan.FromHours(hours)).ToArray())),
            "at", "s");
        frame.Column<float>("origin_delay_count_24h").Span.ToArray().Should().Equal(0, 1, 2);
        frame.Column<float>("origin_delay_mean_24h").Span.ToArray().Should().Equal(float.NaN, 10, 15);
    }

    [Fact]
    public async Task Registration_GivesEveryEnvironmentItsOwnStoreOverTheSameDefinitions()
    {
        await using var sandbox = new TestEnvironment();
        await using var staging = new TestEnvironment("staging", EnvironmentKind.Staging);
        var services = new ServiceCollection();
        services.AddKeyedSingleton("sandbox", sandbox.Context);
        services.AddKeyedSingleton("staging", staging.Context);
        services.AddMlOpsFeatureStore("Sandbox").AddMlOpsFeatureStore("staging").AddMlOpsFeatureStore("staging");
        new Builder(services)
            .AddFeatureView("origin", view => view.Key("origin").EventTime("scheduled").LastValue("delay"))
            .AddFeatureService("s", service => service.View("origin"));
        await using var provider = services.BuildServiceProvider();
        var one = provider.GetRequiredKeyedService<IFeatureStore>("sandbox");
        var two = provider.GetRequiredKeyedService<IFeatureStore>("staging");
        await one.IngestAsync("origin", Flights.Rows(10), "b");
        (await one.GetStatusAsync("origin")).OfflineRows.Should().Be(10);
        (await two.GetStatusAsync("origin")).OfflineRows.Should().Be(0);
        IMlOpsEnvironment environment = new Handle(staging.Context, provider);
        environment.Features.Should().BeSameAs(two);
        two.Services.Should().ContainSingle().Which.Should().BeSameAs(one.Services[0]);
    }

    private sealed class Handle(EnvironmentContext context, IServiceProvider provider) : IMlOpsEnvironment
    {
        public string Name => context.Name;

        public EnvironmentKind Kind => context.Kind;

        public EnvironmentContext Context => context;

        public TService Get<TService>()
            where TService : notnull => provider.GetRequiredKeyedService<TService>(context.Name);
    }

    private sealed class Builder(IServiceCollection services) : IMlOpsBuilder
    {
        public IServiceCollection Services => services;

        public IMlOpsBuilder ForEachEnvironment(Action<IServiceCollection, string> register) => this;
    }
}
