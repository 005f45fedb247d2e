namespace MlOps.Serving.Tests.Frames;

public sealed class FramePredictionTests
{
    [Fact]
    public async Task PredictAsync_ModelOfRows_FindsFeaturesByNameAndMarksBadRows()
    {
        await using var fixture = new ServingFixture();
        var endpoint = await ServeAsync(fixture, OnnxModels.Scale(3, 2), ["a", "b"]);
        var frame = new DataFrame(
            DataColumn.FromText("name", "x", "y", "z", "u"),
            DataColumn.FromNullable<int>("b", 1, null, 3, 4),
            DataColumn.Create("a", new double[] { 0.5, 1, double.PositiveInfinity, 2 }));

        var result = await endpoint.PredictAsync(frame, new FrameOptions { ErrorColumn = "error", VersionColumn = "version", Keep = ["name"], BatchRows = 2 });

        result.Columns.Select(column => column.Name).Should().Equal("name", "score_1", "score_2", "version", "error");
        Values(result["score_1"]).Should().Equal(1.5f, null, null, 6f);
        Values(result["score_2"]).Should().Equal(3f, null, null, 12f);
        result["error"].GetValue(1).Should().Be("'b' is missing or NaN.");
        result["error"].IsNull(0).Should().BeTrue();
        result["version"].GetValue(0).Should().Be("flight-delay:1");
    }

    [Fact]
    public async Task PredictAsync_ThrowOnBadRows_NamesTheRow()
    {
        await using var fixture = new ServingFixture();
        var endpoint = await ServeAsync(fixture, OnnxModels.Scale(3, 2), ["a", "b"]);
        var frame = new DataFrame(DataColumn.Create("a", new[] { 1f, float.NaN }), DataColumn.Create("b", new[] { true, false }));
        var call = async () => await endpoint.PredictAsync(frame, new FrameOptions { ThrowOnBadRows = true });
        (await call.Should().ThrowAsync<InvalidInputException>()).WithMessage("Row 2 *'a'*");
    }

    [Fact]
    public async Task PredictAsync_ColumnMissingOrOfText_SaysWhich()
    {
        await using var fixture = new ServingFixture();
        var endpoint = await ServeAsync(fixture, OnnxModels.Scale(3, 2), ["a", "b"]);
        var missing = async () => await endpoint.PredictAsync(new DataFrame(DataColumn.Create("a", new[] { 1f }), DataColumn.Create("bb", new[] { 1f })));
        (await missing.Should().ThrowAsync<NotFoundException>()).WithMessage("*'b'*bb*");
        var text = async () => await endpoint.PredictAsync(new DataFrame(DataColumn.Create("a", new[] { 1f }), DataColumn.FromText("b", "1")));
        (await text.Should().ThrowAsync<InvalidInputException>()).WithMessage("*'b'*String*");
    }

    [Fact]
    public async Task PredictAsync_MissingFeaturesPass_GivesThemToTheModel()
    {
        await using var fixture = new ServingFixture((services, name) => Microsoft.Extensions.DependencyInjection.OptionsServiceCollectionExtensions.Configure<ServingOptions>(
            services, name, options => options.Batching = options.Batching with { MissingFeatures = MissingFeatures.Pass }));
        var endpoint = await ServeAsync(fixture, OnnxModels.Scale(3, 2), ["a", "b"]);
        var result = await endpoint.PredictAsync(new DataFrame(DataColumn.FromNullable<float>("a", null, 1f), DataColumn.Create("b", new[] { 1f, 2f })));
        result.Column<float>("score_1")[0].Should().Be(float.NaN);
        result["score_1"].NullCount.Should().Be(0);
        Values(result["score_2"]).Should().Equal(3f, 6f);
    }

    [Fact]
    public async Task PredictAsync_SeveralInputs_AreColumnsByInputName()
    {
        await using var fixture = new ServingFixture();
        var endpoint = await ServeAsync(fixture, TensorModels.BatchMean(1), []);
        var frame = new DataFrame(DataColumn.Create("x", new[] { 1f, 2f, 3f, 4f }), DataColumn.Create("y", new[] { 1.0, 2.0, 0.5, 1e300 }));

        var result = await endpoint.PredictAsync(frame, new FrameOptions { ErrorColumn = "error" });

        // The mean over the two rows that the model can be given: 2 and 4.
        Values(result["out"]).Should().Equal(-1f, 1f, null, null);
        result["error"].GetValue(2).Should().Be("'y' is 0.5, which input 'y' (Int64) does not take.");
    }

    [Fact]
    public async Task PredictAsync_ManyRows_EqualRowByRowAnswers()
    {
        await using var fixture = new ServingFixture();
        var endpoint = await ServeAsync(fixture, OnnxModels.Mlp(1, 3, 8, 1), ["a", "b", "c"]);
        var random = new Random(3);
        var columns = Enumerable.Range(0, 3).Select(i => DataColumn.Create("abc"[i].ToString(), OnnxModels.Values(random, 1000))).ToArray();

        var result = await endpoint.PredictAsync(new DataFrame(columns.Reverse()), new FrameOptions { BatchRows = 64, Parallelism = 3 });

        result.RowCount.Should().Be(1000);
        var score = new float[1];
        for (var row = 0; row < 1000; row += 37)
        {
            await endpoint.PredictAsync(columns.Select(column => column[row]).ToArray(), score);
            result.Column<float>("score")[row].Should().BeApproximately(score[0], 1e-5f);
        }
    }

    [Fact]
    public async Task PredictAsync_NoRowsOrOnlyBadOnes_HasItsColumns()
    {
        await using var fixture = new ServingFixture();
        var endpoint = await ServeAsync(fixture, OnnxModels.Mlp(1, 1, 1), ["a"]);
        (await endpoint.PredictAsync(new DataFrame(DataColumn.Create("a", Array.Empty<float>())))).Columns.Single().Name.Should().Be("score");
        var bad = await endpoint.PredictAsync(new DataFrame(DataColumn.Create("a", new[] { float.NaN })));
        bad["score"].NullCount.Should().Be(1);
    }

    private static float?[] Values(DataColumn column) => [.. Enumerable.Range(0, column.Length).Select(row => (float?)column.GetValue(row))];

    private static async Task<IEndpoint> ServeAsync(ServingFixture fixture, byte[] onnx, string[] features)
    {
        var endpoint = fixture.Endpoints["flight-delay"];
        await endpoint.SetTrafficAsync(TrafficPolicy.Single(await fixture.RegisterAsync(onnx, features)), "test");
        return endpoint;
    }
}
