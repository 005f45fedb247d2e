using FsCheck;
using FsCheck.Fluent;

namespace MlOps.Registry.Tests;

public sealed class SignatureCompatibilityTests
{
    public static TheoryData<string, ModelSignature, ModelSignature, bool, string> Cases { get; } = new()
    {
        { "same", Signature(), Signature(), true, "" },
        { "symbol renamed", Signature(input: "N,3"), Signature(input: "batch,3"), true, "" },
        { "input gone", Signature(), Signature(inputName: "rows"), false, "input 'features' is gone" },
        { "input new", Signature(), Signature() with { Inputs = [.. Signature().Inputs, new TensorSpec("more", "float", ["N"])] }, false, "input 'more' is new" },
        { "output gone", Signature(), Signature() with { Outputs = [] }, false, "output 'scores' is gone" },
        { "output new", Signature(), Signature() with { Outputs = [.. Signature().Outputs, new TensorSpec("more", "float", ["N"])] }, true, "output 'more' is new" },
        { "input type", Signature(), Signature(type: "double"), false, "is of double instead of float" },
        { "input width", Signature(input: "N,3"), Signature(input: "N,4"), false, "4 instead of 3" },
        { "input rank", Signature(input: "N,3"), Signature(input: "N,3,1"), false, "3 dimensions instead of 2" },
        { "input narrowed", Signature(input: "N,3"), Signature(input: "1,3"), false, "a dimension is fixed that varied" },
        { "input widened", Signature(input: "1,3"), Signature(input: "N,3"), true, "a dimension varies that was fixed" },
        { "output narrowed", Signature(output: "N,K"), Signature(output: "N,2"), true, "a dimension is fixed that varied" },
        { "output widened", Signature(output: "N,2"), Signature(output: "N,K"), false, "a dimension varies that was fixed" },
        { "input of any rank", Signature(input: "N,3"), Signature(input: "..."), true, "varies" },
        { "input no longer of any rank", Signature(input: "..."), Signature(input: "N,3"), false, "fixed" },
        { "features reordered", Signature(features: "a,b"), Signature(features: "b,a"), false, "the order differs" },
        { "feature gone", Signature(features: "a,b"), Signature(features: "a"), false, "feature 'b' is gone" },
        { "feature new", Signature(features: "a"), Signature(features: "a,b"), false, "feature 'b' is new" },
        { "features not known before", Signature(), Signature(features: "a"), true, "" },
        { "unit changed", Specs(new FeatureSpec("a") { Unit = "km" }), Specs(new FeatureSpec("a") { Unit = "mi" }), false, "unit 'mi' instead of 'km'" },
        { "unit declared", Specs(new FeatureSpec("a")), Specs(new FeatureSpec("a") { Unit = "mi" }), true, "declares the unit" },
        { "type changed", Specs(new FeatureSpec("a") { Type = "int" }), Specs(new FeatureSpec("a") { Type = "category" }), false, "type" },
        { "category gone", Specs(new FeatureSpec("a") { Categories = ["x", "y"] }), Specs(new FeatureSpec("a") { Categories = ["x"] }), false, "lost the category 'y'" },
        { "category added", Specs(new FeatureSpec("a") { Categories = ["x"] }), Specs(new FeatureSpec("a") { Categories = ["x", "y"] }), true, "gained the category 'y'" },
        { "category put before", Specs(new FeatureSpec("a") { Categories = ["x"] }), Specs(new FeatureSpec("a") { Categories = ["w", "x"] }), false, "their codes differ" },
        { "categories reordered", Specs(new FeatureSpec("a") { Categories = ["x", "y"] }), Specs(new FeatureSpec("a") { Categories = ["y", "x"] }), false, "another order" },
        { "output class added", Specs(new FeatureSpec("scores") { Categories = ["x"] }), Specs(new FeatureSpec("scores") { Categories = ["x", "y"] }), false, "gained" },
        { "may no longer be missing", Specs(new FeatureSpec("a") { Nullable = true }), Specs(new FeatureSpec("a") { Nullable = false }), false, "may not be missing" },
        { "may be missing now", Specs(new FeatureSpec("a") { Nullable = false }), Specs(new FeatureSpec("a") { Nullable = true }), true, "may be missing" },
        { "output may be missing now", Specs(new FeatureSpec("scores") { Nullable = false }), Specs(new FeatureSpec("scores") { Nullable = true }), false, "may be missing" },
        { "described anew", Specs(new FeatureSpec("a") { Description = "old" }), Specs(new FeatureSpec("a") { Description = "new" }), true, "another description" },
        { "first described", Signature(features: "a"), Specs(new FeatureSpec("a")), true, "for the first time" },
        { "no longer described", Specs(new FeatureSpec("a")), Signature(features: "a"), true, "no longer described" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Check_OneChange_IsBreakingOrHarmless(string name, ModelSignature older, ModelSignature newer, bool compatible, string words)
    {
        var check = SignatureCompatibility.Check(older, newer);
        check.IsCompatible.Should().Be(compatible, name);
        var listed = string.Join("; ", compatible ? check.Harmless : check.Breaking);
        if (words.Length == 0)
            check.Changes.Should().BeEmpty();
        else
            listed.Should().Contain(words);
    }

    [Fact]
    public void Check_SwappedShapes_SwapInputsForOutputs()
    {
        // What an input may become, an output may have been: the rule is one rule, read from the two ends of a call.
        var dimension = Gen.Elements("N", "K", "1", "2", "3");
        var shape = dimension.ListOf().Where(list => list.Count < 4);
        Prop.ForAll(shape.ToArbitrary(), shape.ToArbitrary(), (older, newer) =>
        {
            bool AsInput(IReadOnlyList<string> a, IReadOnlyList<string> b) =>
                SignatureCompatibility.Check(new([new("t", "float", a)], [], []), new([new("t", "float", b)], [], [])).IsCompatible;
            bool AsOutput(IReadOnlyList<string> a, IReadOnlyList<string> b) =>
                SignatureCompatibility.Check(new([], [new("t", "float", a)], []), new([], [new("t", "float", b)], [])).IsCompatible;
            return AsInput(older, newer) == AsOutput(newer, older) && AsInput(older, older);
        }).Check(Config.QuickThrowOnFailure);
    }

    private static ModelSignature Signature(string inputName = "features", string type = "float", string input = "N,3", string output = "N,1", string features = "") => new(
        [new TensorSpec(inputName, type, input.Split(','))], [new TensorSpec("scores", "float", output.Split(','))], features.Length == 0 ? [] : features.Split(','));

    private static ModelSignature Specs(params FeatureSpec[] specs) => Signature(features: "a") with { Specs = specs };
}
