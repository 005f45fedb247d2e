using System.Text;

namespace MlOps.Learning.Tests.Serialization;

public sealed class ModelSerializationTests
{
    public static TheoryData<string> Kinds => ["trees", "logistic", "linear", "no-trees", "missing"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Load_SavedModel_PredictsAndSavesAlike(string kind)
    {
        TrainedModel model = Train(kind);
        string json = Save(model);
        TrainedModel loaded = TrainedModel.Load(new MemoryStream(Encoding.UTF8.GetBytes(json)));
        FeatureMatrix data = Data(kind);
        loaded.Predict(data).Should().Equal(model.Predict(data));
        loaded.FeatureImportances.Should().Equal(model.FeatureImportances);
        loaded.Trainer.Should().Be(model.Trainer);
        loaded.ToOnnx().Should().Equal(model.ToOnnx());
        Save(loaded).Should().Be(json);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("mlops.learning.model", "other")]
    [InlineData("\"version\":1", "\"version\":2")]
    [InlineData("\"forest\":{", "\"forest\":{\"surplus\":0,\"linear\":{")]
    [InlineData("\"roots\":[0,", "\"roots\":[1,")]
    [InlineData("\"left\":[1,", "\"left\":[5000000,")]
    [InlineData("\"left\":[1,", "\"left\":[-1,")]
    [InlineData("\"features\":[\"x0\",", "\"features\":[")]
    [InlineData("\"values\":[0,", "\"values\":[\"NaN\",")]
    [InlineData("\"values\":[0,", "\"values\":[0,0,")]
    [InlineData("\"thresholds\":", "\"thresholds\":null,\"old\":")]
    [InlineData("\"baseScore\":", "\"baseScore\":\"Infinity\",\"old\":")]
    public void Load_BrokenModel_IsRefused(string find, string replace)
    {
        string json = Save(Train("trees"));
        string broken = find.Length == 0 ? json[..(json.Length / 2)] : json.Replace(find, replace, StringComparison.Ordinal);
        broken.Should().NotBe(json);
        Action act = () => TrainedModel.Load(new MemoryStream(Encoding.UTF8.GetBytes(broken)));
        act.Should().Throw<CorruptDataException>();
    }

    [Fact]
    public void Load_BackwardEdge_IsRefusedRatherThanWalkedForever()
    {
        GradientBoostedTreesModel model = (GradientBoostedTreesModel)Train("trees");
        int[] left = [.. model.Forest.Nodes.ToArray().Select(node => node.Left)];
        int inner = Array.FindIndex(left, 1, child => child > 1 && child != Array.IndexOf(left, child));
        string json = Save(model);
        string changed = json.Replace($",{left[inner]},", ",0,", StringComparison.Ordinal);
        Action act = () => TrainedModel.Load(new MemoryStream(Encoding.UTF8.GetBytes(changed)));
        act.Should().Throw<CorruptDataException>();
    }

    [Theory]
    [InlineData("trees", new[] { 0.54360384f, 0.5040566f, 0.47306275f, 0.6709228f, 0.60584134f })]
    [InlineData("logistic", new[] { 0.62958336f, 0.6905071f, 0.30579835f, 0.6520108f, 0.7400635f })]
    [InlineData("linear", new[] { 6.9735813f, 6.9945273f, 3.050886f, 7.3843274f, 7.614508f })]
    public void Load_FileOfVersion1_PredictsAsWhenWritten(string kind, float[] expected)
    {
        byte[] written = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Fixtures", $"model-v1-{kind}.json"));
        TrainedModel model = TrainedModel.Load(new MemoryStream(written));
        model.Predict(Recipe.Synthetic(5, regression: false)).Should().Equal(expected);
        Save(model).Should().Be(Encoding.UTF8.GetString(written));
    }

    private static FeatureMatrix Data(string kind) => kind switch
    {
        "no-trees" => new FeatureMatrix(["a"], [[1, 1, 1]], [0, 1, 1]),
        "missing" => new FeatureMatrix(["a"], [[.. Enumerable.Repeat(2f, 30), .. Enumerable.Repeat(float.NaN, 30)]], [.. Enumerable.Range(0, 60).Select(i => i / 30f >= 1 ? 1f : 0f)]),
        _ => Recipe.Synthetic(2_000, regression: kind == "linear"),
    };

    private static TrainedModel Train(string kind) => kind switch
    {
        "logistic" => new LogisticRegressionTrainer().Train(Data(kind)),
        "linear" => new LinearRegressionTrainer().Train(Data(kind)),
        _ => new GradientBoostedTreesTrainer(new() { Trees = 5 }).Train(Data(kind)),
    };

    private static string Save(TrainedModel model)
    {
        using MemoryStream stream = new();
        model.Save(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
