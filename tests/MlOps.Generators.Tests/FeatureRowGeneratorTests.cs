using System.Globalization;

namespace MlOps.Generators.Tests;

public sealed class FeatureRowGeneratorTests
{
    private const string AllTypes = """
        namespace Shop
        {
            public partial class Outer
            {
                [FeatureRow]
                public partial record Customer(string Id, [property: EventTime] DateTimeOffset At, bool Active, int Orders, long Total, float Score, double Spent)
                {
                    public double? Discount { get; init; }
                    public long? Visits { get; set; }
                    public bool? Subscribed { get; init; }
                    public required string? City { get; init; }
                    [AvailableAt] public Timestamp? KnownAt { get; init; }
                    [FeatureIgnore] public object? Cache { get; set; }
                    public double Mean => Spent / Orders;
                }
            }
        }
        """;

    [Fact]
    public void Row_OfEveryType_ComesBackFromItsFrame()
    {
        var compiled = Compiled.From(AllTypes + """

            public static class Program
            {
                public static string Run()
                {
                    var rows = new[]
                    {
                        new Shop.Outer.Customer("a", new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1)), true, 3, 4_000_000_000_000, 1.5f, 0.1) { City = "Bonn", Discount = 0.25, Visits = 7, Subscribed = false, KnownAt = Timestamp.Utc(2026, 1, 3) },
                        new Shop.Outer.Customer("b", new DateTimeOffset(2026, 1, 2, 0, 0, 0, TimeSpan.Zero), false, -3, -4, float.NaN, double.NaN) { City = null },
                    };
                    var frame = rows.ToFrame();
                    var back = frame.ToRows<Shop.Outer.Customer>();
                    return string.Join("|", frame.Columns.Select(column => column.Name + ":" + column.Type)) + "\n"
                        + (back[0] == rows[0] with { At = rows[0].At.ToUniversalTime() }) + (back[1] == rows[1]) + (back[1].Visits is null) + float.IsNaN(back[1].Score);
                }
            }
            """);

        compiled.Diagnostics.Should().BeEmpty();
        compiled.Run("Run").Should().Be(
            "id:String|at:Timestamp|active:Boolean|orders:Int32|total:Int64|score:Float32|spent:Float64|discount:Float64|visits:Int64|subscribed:Boolean|city:String|known_at:Timestamp\nTrueTrueTrueTrue");
    }

    [Theory]
    [InlineData("public readonly partial struct Point { public double X { get; init; } public float Y { get; init; } }", "new() { X = 1.5, Y = 2 }")]
    [InlineData("public partial record struct Point(double X, float Y);", "new(1.5, 2)")]
    [InlineData("public sealed partial class Point { public Point(double x, float y) { X = x; Y = y; } public double X { get; } public float Y { get; } }", "new(1.5, 2)")]
    [InlineData("public partial class Point { public double X { get; set; } public float Y { get; set; } }", "new() { X = 1.5, Y = 2 }")]
    public void Vector_OfEachKindOfType_IsRead(string type, string made)
    {
        var compiled = Compiled.From($$"""
            [FeatureVector] {{type}}
            public static class Program
            {
                public static double Run()
                {
                    var points = new Point[] { {{made}} };
                    var back = points.ToFrame().ToRows<Point>()[0];
                    return back.X + back.Y;
                }
            }
            """);

        compiled.Run("Run").Should().Be(3.5);
    }

    [Theory]
    [InlineData("[FeatureRow] public partial record Row([property: EventTime] Timestamp At, double X);", "MLOPS010")]
    [InlineData("[FeatureRow] public partial record Row(string Id, double X);", "MLOPS011")]
    [InlineData("[FeatureRow] public partial record Row(string Id, [property: EventTime] Timestamp At, [property: EventTime] Timestamp Later);", "MLOPS012")]
    [InlineData("[FeatureRow] public partial record Row(string Id, [property: EventTime] Timestamp At, decimal Price);", "MLOPS013")]
    [InlineData("[FeatureRow] public partial record Row(string Id, [property: EventTime] Timestamp At, DayOfWeek Day);", "MLOPS013")]
    [InlineData("[FeatureRow] public partial record Row(string Id, [property: EventTime] Timestamp At, double[] Values);", "MLOPS013")]
    [InlineData("[FeatureRow] public record Row(string Id, [property: EventTime] Timestamp At);", "MLOPS014")]
    [InlineData("public class Outer { [FeatureRow] public partial record Row(string Id, [property: EventTime] Timestamp At); }", "MLOPS014")]
    [InlineData("[FeatureRow] public partial record Row<T>(string Id, [property: EventTime] Timestamp At);", "MLOPS014")]
    [InlineData("[FeatureRow] public partial record Row(string Id, [property: EventTime] DateTime At);", "MLOPS015")]
    [InlineData("[FeatureRow] public partial record Row(string Id, [property: EventTime] Timestamp At, DateTime? Born);", "MLOPS015")]
    [InlineData("[FeatureVector] public partial record Row([property: Feature(\"x\")] double X, [property: Feature(\"x\")] double Y);", "MLOPS016")]
    [InlineData("[FeatureVector] public partial record Row([property: Feature(\"a b\")] double X);", "MLOPS016")]
    [InlineData("[FeatureVector] public partial class Row { public Row(double other) { } public double X { get; set; } }", "MLOPS017")]
    [InlineData("[FeatureVector] public abstract partial class Row { public double X { get; set; } }", "MLOPS017")]
    [InlineData("[FeatureRow] public partial record Row([property: FeatureKey] double Id, [property: EventTime] Timestamp At);", "MLOPS018")]
    [InlineData("[FeatureRow] public partial record Row([property: FeatureKey] string? Id, [property: EventTime] Timestamp At);", "MLOPS018")]
    [InlineData("[FeatureVector] public partial record Row([property: EventTime] double At);", "MLOPS018")]
    [InlineData("[FeatureVector] public partial record Row([property: Feature(Ttl = \"soon\")] double X);", "MLOPS018")]
    [InlineData("[FeatureVector] public partial record Row([property: Aggregate(\"1 hour\", AggregateFunction.Sum)] double X);", "MLOPS018")]
    [InlineData("[FeatureVector] public partial record Row([property: Aggregate(\"1h\")] double X);", "MLOPS018")]
    [InlineData("[FeatureVector] public partial record Row([property: Aggregate(\"1h\", AggregateFunction.Sum)] string X);", "MLOPS018")]
    public void Mistake_Made_IsReportedAtCompileTimeWithItsNumberAndPlace(string source, string id)
    {
        var compiled = Compiled.From(source);

        compiled.Ids.Should().Equal(id);
        compiled.Diagnostics[0].Location.GetLineSpan().Path.Should().Be("Source.cs");
        compiled.Diagnostics[0].Location.GetLineSpan().StartLinePosition.Line.Should().Be(1);
        compiled.Compilation.SyntaxTrees.Should().HaveCount(1, "nothing is written for a type with mistakes");
    }

    [Fact]
    public void Type_InTheGlobalNamespaceWithKeywordsAsNames_Compiles()
    {
        var compiled = Compiled.From("[FeatureVector] public partial record @class(double @double, string @string);");

        compiled.Diagnostics.Should().BeEmpty();
        compiled.Load().GetType("class").Should().NotBeNull();
    }

    [Theory]
    [InlineData("Id")]
    [InlineData("OriginDelayMean24H")]
    [InlineData("HTTPStatus")]
    [InlineData("P95Latency")]
    [InlineData("XMLHttpRequest2")]
    [InlineData("Already_Snaked")]
    public void ColumnNames_OfGeneratorAndLibrary_FollowOneRule(string name)
    {
        var library = typeof(IFeatureRow<>).Assembly.GetType("MlOps.Features.SnakeCase")!.GetMethod("Of")!.Invoke(null, [name]);

        PropertyReader.SnakeCase(name).Should().Be((string)library!);
        name.ToLower(CultureInfo.InvariantCulture).Replace("_", "", StringComparison.Ordinal).Should().Be(((string)library!).Replace("_", "", StringComparison.Ordinal));
    }

    [Fact]
    public void Rows_UnchangedWhileOtherCodeChanges_AreNotWrittenAgain()
    {
        var source = "[FeatureVector] public partial record Row(double X);";
        var compilation = Compiled.From(source).Compilation;
        var first = compilation.RemoveSyntaxTrees(compilation.SyntaxTrees.Skip(1));
        var options = (Microsoft.CodeAnalysis.CSharp.CSharpParseOptions)first.SyntaxTrees.Single().Options;
        Microsoft.CodeAnalysis.GeneratorDriver driver = Microsoft.CodeAnalysis.CSharp.CSharpGeneratorDriver.Create(
            [Microsoft.CodeAnalysis.GeneratorExtensions.AsSourceGenerator(new FeatureRowGenerator())], parseOptions: options,
            driverOptions: new Microsoft.CodeAnalysis.GeneratorDriverOptions(default, trackIncrementalGeneratorSteps: true));
        driver = driver.RunGenerators(first);
        driver = driver.RunGenerators(first.AddSyntaxTrees(Microsoft.CodeAnalysis.CSharp.CSharpSyntaxTree.ParseText("class Other;", options)));

        driver.GetRunResult().Results.Single().TrackedOutputSteps.SelectMany(step => step.Value).SelectMany(step => step.Outputs)
            .Should().OnlyContain(output => output.Reason == Microsoft.CodeAnalysis.IncrementalStepRunReason.Cached);
    }
}
