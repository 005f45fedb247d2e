namespace MlOps.Features.Tests;

public sealed class ComputedFeatureTests
{
    private static readonly Timestamp Start = Timestamp.Utc(2000, 12, 20);

    private static readonly FeatureView View = FeatureView.Define("spending").Key("customer").EventTime("at")
        .Aggregate("amount", [AggregateFunction.Count, AggregateFunction.Mean], 100, windows: FeatureWindow.Hours(24)).LastValue("amount", name: "last").Build();

    private static FeatureService Service { get; } = FeatureService.Define("risk").View("spending")
        .Request("amount", DataType.Float64).Request("country", DataType.String).Request("asked", DataType.Timestamp).Request("items", DataType.Int64)
        .Compute("amount_to_mean", ["amount", "spending_amount_mean_24h"], v => v[0] / v[1])
        .Compute("amount_exact", ["amount"], v => v[0] * 3, DataType.Float64)
        .Compute("log_ratio", ["amount_to_mean"], v => Math.Log(v[0]))
        .Compute<string, bool>("is_foreign", "country", country => !string.Equals(country, "DE", StringComparison.Ordinal))
        .Compute<Timestamp, long>("hour", "asked", asked => asked.Microseconds / 3_600_000_000 % 24)
        .Compute<string, long, string>("label", "country", "items", (country, items) => items > 3 ? country : "few")
        .Compute("is_known", ["spending_last", "country"], DataType.Boolean, v => v[0].HasValue && v[1].HasValue)
        .Hide("spending_amount_mean_24h", "spending_last").Build();

    [Fact]
    public async Task Features_OfHistoryAndOfRequests_AreTheSameBits()
    {
        await using var open = Open();
        for (var seed = 0; seed < 100; seed++)
            await CheckAsync(open, seed);
    }

    [Fact]
    public async Task Service_Asked_NamesRequestInputsAndReturnsWhatIsNotHidden()
    {
        await using var open = Open();
        var source = await open.Store.GetVectorSourceAsync("risk");

        source.RequestInputs.Should().Equal(
            new RequestInput("amount", DataType.Float64), new RequestInput("country", DataType.String), new RequestInput("asked", DataType.Timestamp), new RequestInput("items", DataType.Int64));
        source.FeatureNames.Should().Equal("spending_amount_count_24h", "amount_to_mean", "amount_exact", "log_ratio", "is_foreign", "hour", "label", "is_known");
        open.Store.FeatureNamesOf("risk").Should().Equal(source.FeatureNames);
    }

    [Fact]
    public async Task FloatVector_OfATextFeature_IsRefusedWithTheRemedy()
    {
        await using var open = Open();
        var source = await open.Store.GetVectorSourceAsync("risk");
        var read = async () => await source.ReadAsync(new[] { "a" }, new FeatureValue[] { 1.0, "DE", Start, 7L }, Start, new float[8]);

        await read.Should().ThrowAsync<InvalidInputException>().WithMessage("*'label'*String*hide it*");
    }

    [Fact]
    public async Task Request_ThatDoesNotFit_IsRefusedWithTheInput()
    {
        await using var open = Open();
        var source = await open.Store.GetVectorSourceAsync("risk");
        var none = async () => await source.ReadAsync(new[] { "a" }, Start, new float[8]);
        var wrong = async () => await source.ReadAsync(new[] { "a" }, new FeatureValue[] { "much", "DE", Start, 7L }, Start, new float[8]);
        var noColumn = async () => await open.Store.GetTrainingFrameAsync(Spine(1, 1).Without("country"), "at", "risk");
        var wrongColumn = async () => await open.Store.GetTrainingFrameAsync(Spine(1, 1).With(DataColumn.Create("amount", new[] { "x" })), "at", "risk");

        await none.Should().ThrowAsync<InvalidInputException>().WithMessage("*4 request value(s)*amount: Float64*0 were given*");
        await wrong.Should().ThrowAsync<InvalidInputException>().WithMessage("*'amount'*Float64*much*");
        await noColumn.Should().ThrowAsync<InvalidInputException>().WithMessage("*'country' (String)*");
        await wrongColumn.Should().ThrowAsync<InvalidInputException>().WithMessage("*'amount'*Float64*x*");
    }

    [Fact]
    public void Definition_WithAWrongName_IsRefusedWithTheNearest()
    {
        Mistake(service => service.Request("amount", DataType.Float64).Compute("x", ["amuont"], v => v[0])).Should().Contain("'amuont'").And.Contain("'amount'");
        Mistake(service => service.Compute("x", ["spending_last", "y"], v => v[0]).Compute("y", ["x"], v => v[0])).Should().Contain("'y'").And.Contain("computed after it").And.Contain("cycle");
        Mistake(service => service.Compute("x", ["x"], v => v[0])).Should().Contain("itself");
        Mistake(service => service.Compute("spending_last", ["spending_last"], v => v[0])).Should().Contain("rename");
        Mistake(service => service.Request("spending_last", DataType.Float64)).Should().Contain("rename");
        Mistake(service => service.Hide("spending_lst")).Should().Contain("'spending_last'");
        Mistake(service => service.Hide("spending_last", "spending_amount_count_24h", "spending_amount_mean_24h")).Should().Contain("hides all");
        Mistake(service => service.Request("country", DataType.String).Compute("x", ["country"], v => v[0])).Should().Contain("takes numbers");
        Mistake(service => service.Request("n", DataType.Int32)).Should().Contain("Int32");
        Mistake(service => service.Compute("x", [], v => 0)).Should().Contain("0 inputs");
    }

    [Fact]
    public async Task Function_ThatThrows_IsNamed()
    {
        await using var open = new OpenStore([View], [FeatureService.Define("risk").View("spending").Request("n", DataType.Int64).Compute<long, long>("inverse", "n", n => 1 / n).Build()]);
        var source = await open.Store.GetVectorSourceAsync("risk");
        var read = async () => await source.ReadAsync(new[] { "a" }, new FeatureValue[] { 0L }, Start, new float[8]);

        await read.Should().ThrowAsync<InvalidInputException>().WithMessage("*'inverse'*zero*");
    }

    [Fact]
    public async Task Hash_ChangesWithTheVersionOfAFunctionAndNotWithItsAbsence()
    {
        await using var none = new OpenStore([View], [FeatureService.Define("risk").View("spending").Build()]);
        await using var first = new OpenStore([View], [FeatureService.Define("risk").View("spending").Compute("x", ["spending_last"], v => v[0]).Build()]);
        await using var second = new OpenStore([View], [FeatureService.Define("risk").View("spending").Compute("x", ["spending_last"], v => v[0] + 1, version: "2").Build()]);

        new[] { none, first, second }.Select(open => open.Store.IdOf("risk")).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task ComputedRead_OfManyFeatures_AllocatesNothing()
    {
        var builder = FeatureService.Define("risk").View("spending").Request("amount", DataType.Float64).Request("country", DataType.String);
        for (var i = 0; i < 60; i++)
            builder.Compute("x" + i, ["amount", i == 0 ? "spending_last" : "x" + (i - 1)], v => v[0] + v[1]);
        await using var open = new OpenStore([View], [builder.Build()]);
        await open.Store.PushAsync("spending", new DataFrame(DataColumn.Create("customer", new[] { "a" }), DataColumn.Create("at", new[] { Start }), DataColumn.Create("amount", new[] { 2.5 })), "test", 1);
        var source = await open.Store.GetVectorSourceAsync("risk");
        string[] keys = ["a"];
        FeatureValue[] request = [1.0, "DE"];
        var destination = new float[source.FeatureNames.Count];
        for (var i = 0; i < 300; i++)
            await source.ReadAsync(keys, request, Start, destination);

        var least = long.MaxValue;
        for (var attempt = 0; attempt < 5; attempt++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
                _ = source.ReadAsync(keys, request, Start, destination);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        least.Should().Be(0);
        destination[^1].Should().Be(62.5f);
    }

    private static async Task CheckAsync(OpenStore open, int seed)
    {
        var random = new Random(seed);
        var key = $"{seed}-";
        var events = Enumerable.Range(0, random.Next(1, 30)).Select(_ => (Key: key + random.Next(3), At: Start + TimeSpan.FromMinutes(random.Next(3000)), Amount: random.Next(10_000) / 100.0)).ToArray();
        var rows = new DataFrame(
            DataColumn.Create("customer", events.Select(e => e.Key).ToArray()), DataColumn.Create("at", events.Select(e => e.At).ToArray()), DataColumn.Create("amount", events.Select(e => e.Amount).ToArray()));
        await open.Store.IngestAsync("spending", rows, key);
        await open.Store.PushAsync("spending", rows, key, 1);
        var spine = Spine(random.Next(1, 40), seed, key);
        var frame = await open.Store.GetTrainingFrameAsync(spine, "at", "risk");
        var source = await open.Store.GetVectorSourceAsync("risk");
        var values = new FeatureValue[source.FeatureNames.Count];
        for (var row = 0; row < spine.RowCount; row++)
        {
            FeatureValue[] request = [.. source.RequestInputs.Select(input => Value(spine[input.Name], row))];
            ((ITypedVectorSource)source).Read([spine.Column<string>("customer")[row]], request, spine.Column<Timestamp>("at")[row], values);
            for (var i = 0; i < values.Length; i++)
            {
                var column = frame[source.FeatureNames[i]];
                column.Type.Should().Be(values[i].Type);
                var offline = Value(column, row);
                (offline == values[i]).Should().BeTrue($"feature {column.Name} of row {row} is {offline} offline and {values[i]} online (seed {seed})");
            }
        }
    }

    private static FeatureValue Value(DataColumn column, int row)
    {
        var value = new FeatureValue[1];
        ColumnValues.Fill(column, row, 1, value, 1);
        return value[0];
    }

    private static DataFrame Spine(int rows, int seed, string key = "")
    {
        var random = new Random(seed + 1);
        return new DataFrame(
            DataColumn.Create("customer", Enumerable.Range(0, rows).Select(_ => key + random.Next(4)).ToArray()),
            DataColumn.Create("at", Enumerable.Range(0, rows).Select(_ => Start + TimeSpan.FromMinutes(3000 + random.Next(1000))).ToArray()),
            DataColumn.FromNullable("amount", Enumerable.Range(0, rows).Select(i => random.Next(4) == 0 ? (double?)null : random.Next(5) == 0 ? double.NaN : random.NextDouble() * 100 - 20)),
            DataColumn.FromText("country", Enumerable.Range(0, rows).Select(i => random.Next(5) == 0 ? null : random.Next(2) == 0 ? "DE" : "FR")),
            DataColumn.Create("asked", Enumerable.Range(0, rows).Select(_ => Start + TimeSpan.FromMinutes(random.Next(4000))).ToArray()),
            DataColumn.FromNullable("items", Enumerable.Range(0, rows).Select(i => random.Next(5) == 0 ? (int?)null : random.Next(9))));
    }

    private static string Mistake(Action<FeatureServiceBuilder> define)
    {
        var act = () =>
        {
            var service = FeatureService.Define("risk").View("spending");
            define(service);
            _ = new BoundService(service.Build(), new Dictionary<string, FeatureView> { ["spending"] = View });
        };
        return act.Should().Throw<InvalidDefinitionException>().Which.Message;
    }

    private static OpenStore Open() => new([View], [Service]);
}
