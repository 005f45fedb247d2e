namespace MlOps.Features.Tests;

/// <summary>The examples in scikit-learn's reference (version 1.5), by class.</summary>
public sealed class PublishedEncodingTests
{
    [Fact]
    public void Standardise_StandardScalersExample_GivesItsValues()
    {
        // sklearn.preprocessing.StandardScaler: data = [[0, 0], [0, 0], [1, 1], [1, 1]]; transform([[2, 2]]) = [[3., 3.]]
        var encoding = FeatureEncoding.Define().Standardise("x").Standardise("y").Fit(Frame(("x", [0, 0, 1, 1]), ("y", [0, 0, 1, 1])));

        encoding.Transform(Frame(("x", [0, 0, 1, 1]), ("y", [0, 0, 1, 1]))).Values.Should().Equal(-1, -1, -1, -1, 1, 1, 1, 1);
        encoding.Transform(Frame(("x", [2]), ("y", [2]))).Values.Should().Equal(3, 3);
        encoding.OutputNames.Should().Equal("x_standardised", "y_standardised");
    }

    [Fact]
    public void Normalise_MinMaxScalersExample_GivesItsValues()
    {
        // sklearn.preprocessing.MinMaxScaler: data = [[-1, 2], [-0.5, 6], [0, 10], [1, 18]]; transform([[2, 2]]) = [[1.5, 0.]]
        var data = Frame(("x", [-1, -0.5, 0, 1]), ("y", [2, 6, 10, 18]));
        var encoding = FeatureEncoding.Define().Normalise("x").Normalise("y").Fit(data);

        encoding.Transform(data).Values.Should().Equal(0, 0, 0.25f, 0.25f, 0.5f, 0.5f, 1, 1);
        encoding.Transform(Frame(("x", [2]), ("y", [2]))).Values.Should().Equal(1.5f, 0);
        FeatureEncoding.Define().Normalise("x", clamp: true).Fit(data).Transform(Frame(("x", [2, -9, double.NaN]))).Values.Should().Equal(1, 0, float.NaN);
    }

    [Fact]
    public void OneHot_OneHotEncodersExample_GivesItsValues()
    {
        // sklearn.preprocessing.OneHotEncoder(handle_unknown='ignore'): X = [['Male', 1], ['Female', 3], ['Female', 2]];
        // categories_ = [['Female', 'Male'], [1, 2, 3]]; transform([['Female', 1], ['Male', 4]]) = [[1, 0, 1, 0, 0], [0, 1, 0, 0, 0]]
        var encoding = FeatureEncoding.Define().OneHot("sex", outOfVocabulary: OutOfVocabulary.Zeros).OneHot("group", outOfVocabulary: OutOfVocabulary.Zeros)
            .Fit(new DataFrame(DataColumn.FromText("sex", "Male", "Female", "Female"), DataColumn.Create("group", new[] { 1, 3, 2 })));

        encoding.OutputNames.Should().Equal("sex=Female", "sex=Male", "group=1", "group=2", "group=3");
        encoding.Transform(new DataFrame(DataColumn.FromText("sex", "Female", "Male"), DataColumn.Create("group", new[] { 1, 4 })))
            .Values.Should().Equal(1, 0, 1, 0, 0, 0, 1, 0, 0, 0);
    }

    [Fact]
    public void BinByWidth_KBinsDiscretizersExample_GivesItsValues()
    {
        // sklearn.preprocessing.KBinsDiscretizer(n_bins=3, encode='ordinal', strategy='uniform')
        var data = Frame(("a", [-2, -1, 0, 1]), ("b", [1, 2, 3, 4]), ("c", [-4, -3, -2, -1]), ("d", [-1, -0.5, 0.5, 2]));
        var encoding = FeatureEncoding.Define().BinByWidth("a", 3).BinByWidth("b", 3).BinByWidth("c", 3).BinByWidth("d", 3).Fit(data);

        encoding.Transform(data).Values.Should().Equal(0, 0, 0, 0, 1, 1, 1, 0, 2, 2, 2, 1, 2, 2, 2, 2);
    }

    [Fact]
    public void Impute_SimpleImputersExample_GivesItsValues()
    {
        // sklearn.impute.SimpleImputer(strategy='mean'): fit([[7, 2, 3], [4, nan, 6], [10, 5, 9]]);
        // transform([[nan, 2, 3], [4, nan, 6], [10, nan, 9]]) = [[7, 2, 3], [4, 3.5, 6], [10, 3.5, 9]]
        var encoding = FeatureEncoding.Define().Impute("a", Imputation.Mean).Impute("b", Imputation.Mean).Impute("c", Imputation.Mean).Pass("a").Pass("b").Pass("c")
            .Fit(Frame(("a", [7, 4, 10]), ("b", [2, double.NaN, 5]), ("c", [3, 6, 9])));

        encoding.Transform(Frame(("a", [double.NaN, 4, 10]), ("b", [2, double.NaN, double.NaN]), ("c", [3, 6, 9]))).Values.Should().Equal(7, 2, 3, 4, 3.5f, 6, 10, 3.5f, 9);
    }

    [Fact]
    public void BinByQuantile_NumPysPercentiles_AreItsEdges()
    {
        // numpy.percentile([1, 2, 4, 8, 16], [25, 50, 75]) = [2, 4, 8]; a number on an edge belongs to the bin above it (numpy.searchsorted, side='right').
        var data = Frame(("x", [1, 2, 4, 8, 16]));
        var encoding = FeatureEncoding.Define().BinByQuantile("x", 4).BinByQuantile("x", 4, oneHot: true).Fit(data);

        encoding.Transform(Frame(("x", [0, 1.9, 2, 3.9, 4, 8, 99]))).Values.Where((_, i) => i % 5 == 0).Should().Equal(0, 0, 1, 1, 2, 3, 3);
        encoding.Transform(Frame(("x", [3.0, double.NaN]))).Values.Should().Equal(1, 0, 1, 0, 0, float.NaN, 0, 0, 0, 0);
    }

    // xxHash's own sanity checks (xxhsum, cli/xsum_sanity_check.c): a generated buffer, by length and seed.
    [Theory]
    [InlineData(0, 0, 0xEF46DB3751D8E999)]
    [InlineData(0, 2654435761, 0xAC75FDA2929B17EF)]
    [InlineData(1, 0, 0xE934A84ADB052768)]
    [InlineData(1, 2654435761, 0x5014607643A9B4C3)]
    [InlineData(4, 0, 0x9136A0DCA57457EE)]
    [InlineData(14, 0, 0x8282DCC4994E35C8)]
    [InlineData(14, 2654435761, 0xC3BD6BF63DEB6DF0)]
    [InlineData(222, 0, 0xB641AE8CB691C174)]
    [InlineData(222, 2654435761, 0x20CB8AB7AE10C14A)]
    public void Hash_OfXxHashsSanityBuffer_IsThePublishedOne(int length, long seed, ulong expected)
    {
        var buffer = new byte[length];
        var generator = 2654435761UL;
        for (var i = 0; i < length; i++)
        {
            buffer[i] = (byte)(generator >> 56);
            generator = unchecked(generator * 11400714785074694797UL);
        }

        XxHash64.Of(buffer, (ulong)seed).Should().Be(expected);
    }

    [Theory]
    [InlineData("a", 0xD24EC4F1A98C6E5B)]
    [InlineData("abc", 0x44BC2CF5AD770999)]
    public void Hash_OfATextsUtf8_IsThePublishedOne(string text, ulong expected) => XxHash64.Of(text.AsSpan(), 0).Should().Be(expected);

    private static DataFrame Frame(params (string Name, double[] Values)[] columns) => new(columns.Select(column => DataColumn.Create(column.Name, column.Values)));
}
