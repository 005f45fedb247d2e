namespace MlOps.Generators.Tests;

public sealed class ModelTypeGeneratorTests
{
    [Fact]
    public void Input_OfNumbersAndFlags_WritesFeaturesInOrder()
    {
        var compiled = Compiled.From("""
            [ModelInput]
            public sealed partial record Ask([property: StickyKey] string Customer, float AgeYears, int Orders, bool Active, double? Income, [property: ModelTensor("visits_7d")] long Visits)
            {
                public Half Weight { get; init; }
                [ModelIgnore] public object? Tag { get; init; }
                public double Computed => AgeYears * 2;
            }

            public static class Program
            {
                private static ModelInputBinding<T> Of<T>() where T : IModelInput<T> => T.Binding;

                public static string Run()
                {
                    var binding = Of<Ask>();
                    var features = new float[binding.Names.Count];
                    binding.Encode!(new Ask("c1", 41.5f, -3, true, null, 7) { Weight = (Half)0.5f }, features);
                    var text = string.Join("|", binding.Names) + "\n" + string.Join("|", features.Select(f => f.ToString(System.Globalization.CultureInfo.InvariantCulture)));
                    binding.Encode!(new Ask("c1", 0, 0, false, 2.25, 0), features);
                    return text + "\n" + string.Join("|", features.Select(f => f.ToString(System.Globalization.CultureInfo.InvariantCulture))) + "\n" + binding.Key!(new Ask("c9", 0, 0, false, 0, 0));
                }
            }
            """);

        compiled.Diagnostics.Should().BeEmpty();
        compiled.Run("Run").Should().Be("age_years|orders|active|income|visits_7d|weight\n41.5|-3|1|NaN|7|0.5\n0|0|0|2.25|0|0\nc9");
    }

    [Fact]
    public void Input_WithArraysAndTexts_BecomesTensors()
    {
        var compiled = Compiled.From("""
            [ModelInput]
            public sealed partial class Picture
            {
                [ModelTensor("pixels", 1, 2, 2)] public required float[] Pixels { get; init; }
                public long[]? Ids { get; init; }
                public string Caption { get; init; } = "";
                [ModelTensor("sr", IsScalar = true)] public long Rate { get; init; }
            }

            public static class Program
            {
                private static ModelInputBinding<T> Of<T>() where T : IModelInput<T> => T.Binding;

                public static string Run()
                {
                    var tensors = new System.Collections.Generic.Dictionary<string, ModelValue>();
                    Of<Picture>().AddTensors(new Picture { Pixels = new[] { 1f, 2f, 3f, 4f }, Caption = "cat", Rate = 16000 }, tensors);
                    return (Of<Picture>().Encode is null) + " " + string.Join("|", tensors.Select(pair => pair.Key + ":" + ((TensorValue)pair.Value).Type + "[" + string.Join(",", ((TensorValue)pair.Value).Shape.ToArray()) + "]"));
                }
            }
            """);

        compiled.Diagnostics.Should().BeEmpty();
        compiled.Run("Run").Should().Be("True pixels:Float[1,1,2,2]|caption:String[1,1]|sr:Int64[]");
    }

    [Fact]
    public void Output_OfScoresAndTensors_IsMadeOfBoth()
    {
        var compiled = Compiled.From("""
            [ModelOutput]
            public readonly partial record struct Risk(float Probability, double Loss)
            {
                public float[] Rest { get; init; } = Array.Empty<float>();
            }

            [ModelOutput]
            public sealed partial record Label([property: ModelTensor("label")] long Class, float[] Probabilities);

            public static class Program
            {
                private static ModelOutputBinding<T> Of<T>() where T : IModelOutput<T> => T.Binding;

                public static string Run()
                {
                    var risk = Of<Risk>().Decode!(new float[] { 0.25f, 3, 5, 6 });
                    var label = Of<Label>().Read(new System.Collections.Generic.Dictionary<string, ModelValue> { ["label"] = TensorValue.Create(new long[] { 2 }, new[] { 1 }), ["probabilities"] = TensorValue.Create(new float[] { 1, 2, 4 }, new[] { 1, 3 }) });
                    return risk.Probability == 0.25f && risk.Loss == 3 && risk.Rest.SequenceEqual(new float[] { 5, 6 }) ? $"{Of<Risk>().Scores} {label.Class} {label.Probabilities.Sum()} {Of<Label>().Decode is null}" : "wrong";
                }
            }
            """);

        compiled.Diagnostics.Should().BeEmpty();
        compiled.Run("Run").Should().Be("2 2 7 True");
    }

    [Fact]
    public void Input_ThatIsAFeatureRowToo_LeavesKeyAndTimesOut()
    {
        var compiled = Compiled.From("""
            [FeatureRow, ModelInput]
            public sealed partial record Customer(string Id, [property: EventTime] DateTimeOffset At, int Orders)
            {
                [Feature("spend_eur")] public double Spend { get; init; }
            }

            public static class Program
            {
                private static ModelInputBinding<T> Of<T>() where T : IModelInput<T> => T.Binding;

                public static string Run() => string.Join("|", Of<Customer>().Names);
            }
            """);

        compiled.Diagnostics.Should().BeEmpty();
        compiled.Run("Run").Should().Be("orders|spend_eur");
    }

    [Theory]
    [InlineData("[ModelInput] public record A(float X);", "MLOPS014")]
    [InlineData("[ModelInput] public partial record A(DateTime X);", "MLOPS030")]
    [InlineData("[ModelInput] public partial record A([property: StickyKey] string K);", "MLOPS031")]
    [InlineData("[ModelInput] public partial record A([property: ModelTensor(\"x\")] float X, [property: ModelTensor(\"x\")] float Y);", "MLOPS032")]
    [InlineData("[ModelInput] public partial record A([property: ModelTensor(\"x\", 3)] float X);", "MLOPS032")]
    [InlineData("[ModelOutput] public abstract partial record A(float X);", "MLOPS017")]
    [InlineData("[ModelOutput] public partial class A { public A(int other) { } public float X { get; set; } }", "MLOPS017")]
    public void Type_ThatCannotBeBound_IsAnErrorAtItsPlace(string source, string id) =>
        Compiled.From(source).Ids.Should().Contain(id);
}
