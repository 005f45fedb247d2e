namespace MlOps.Generators.Tests;

public sealed class PureTransformAnalyzerTests
{
    [Theory]
    [InlineData("DateTime.UtcNow.Hour")]
    [InlineData("DateTimeOffset.Now.Hour")]
    [InlineData("DateTime.Today.Day")]
    [InlineData("TimeProvider.System.GetUtcNow().Hour")]
    [InlineData("System.Diagnostics.Stopwatch.GetTimestamp()")]
    [InlineData("Random.Shared.NextDouble()")]
    [InlineData("new Random(1).NextDouble()")]
    [InlineData("Guid.NewGuid().GetHashCode()")]
    [InlineData("Environment.ProcessorCount")]
    [InlineData("System.IO.File.ReadAllBytes(\"x\").Length")]
    [InlineData("v[0].ToString().Length")]
    [InlineData("double.Parse(\"1.5\")")]
    [InlineData("$\"{v[0]}\".Length")]
    [InlineData("string.Format(\"{0}\", 1.5).Length")]
    [InlineData("\"a\".ToUpper().Length")]
    [InlineData("string.Compare(\"a\", \"b\")")]
    [InlineData("State.Count")]
    [InlineData("State.Total")]
    public async Task Transform_ThatDependsOnMoreThanItsInputs_IsReported(string expression)
    {
        var found = await Compiled.AnalyzeAsync($$"""
            public static class State { public static int Count; public static int Total { get; set; } }
            public static class Program
            {
                public static void Define(FeatureServiceBuilder service) => service.Compute("x", new[] { "a" }, v => {{expression}});
            }
            """);

        found.Select(diagnostic => diagnostic.Id).Distinct().Should().Equal("MLOPS020");
    }

    [Theory]
    [InlineData("v[0] / v[1]")]
    [InlineData("Math.Log(v[0]) + Factor")]
    [InlineData("v[0].ToString(System.Globalization.CultureInfo.InvariantCulture).Length")]
    [InlineData("double.Parse(\"1.5\", System.Globalization.CultureInfo.InvariantCulture)")]
    [InlineData("string.CompareOrdinal(\"a\", \"b\")")]
    [InlineData("\"a\".StartsWith('a') ? 1 : 0")]
    [InlineData("Table[0]")]
    public async Task Transform_OfItsInputsAndConstants_IsNotReported(string expression)
    {
        var found = await Compiled.AnalyzeAsync($$"""
            public static class Program
            {
                private const double Factor = 2;
                private static readonly double[] Table = { 1, 2 };
                public static void Define(FeatureServiceBuilder service) => service.Compute("x", new[] { "a" }, v => {{expression}});
            }
            """);

        found.Should().BeEmpty();
    }

    [Fact]
    public async Task Transform_ThatKeepsState_IsReported()
    {
        var found = await Compiled.AnalyzeAsync("""
            public static class Program
            {
                public static void Define(FeatureServiceBuilder service)
                {
                    var calls = 0;
                    service.Compute("x", new[] { "a" }, v => { calls++; var own = 0; own++; return calls + own; });
                }
            }
            """);

        found.Should().ContainSingle().Which.GetMessage(null).Should().Contain("'calls'");
    }

    [Fact]
    public async Task Method_UsedAsTransformOrMarkedAsOne_IsLookedInto()
    {
        var found = await Compiled.AnalyzeAsync("""
            public static class Program
            {
                private static double Ratio(ReadOnlySpan<double> v) => v[0] / DateTime.UtcNow.Hour;
                [FeatureTransform] private static double Age(double born) => DateTime.UtcNow.Year - born;
                private static double Free() => DateTime.UtcNow.Hour;
                public static void Define(FeatureServiceBuilder service) => service.Compute("x", new[] { "a" }, Ratio);
            }
            """);

        found.Select(diagnostic => diagnostic.GetMessage(null)).Should().HaveCount(2).And.Contain(text => text.Contains("in 'Ratio'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RowDelegates_OfAViewBuilder_AreLookedInto()
    {
        var found = await Compiled.AnalyzeAsync("""
            public record Order(string Customer, Timestamp At, double Amount);
            public static class Program
            {
                public static void Define() => FeatureView.Define<Order>("orders").Key("customer", o => o.Customer).EventTime(o => Timestamp.From(DateTimeOffset.UtcNow)).LastValue("amount", o => o.Amount);
            }
            """);

        found.Should().ContainSingle().Which.GetMessage(null).Should().Contain("DateTimeOffset.UtcNow");
    }
}
