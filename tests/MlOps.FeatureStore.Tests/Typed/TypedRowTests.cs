namespace MlOps.Features.Tests;

public sealed class TypedRowTests
{
    private static readonly DateTimeOffset Start = new(2000, 12, 30, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void View_OfARowType_HasTheKeysTimesAndFeaturesThatItsAttributesName()
    {
        var view = FeatureView.Define<Order>("orders").Version(2).Row(BindingOf<Order>()).Build();

        view.Keys.Should().Equal(new FeatureKey("customer", "customer"), new FeatureKey("shop", "shop"));
        (view.EventTimeColumn, view.AvailableAtColumn).Should().Be(("at", "known_at"));
        view.FeatureNames.Should().Equal("amount_count_1h", "amount_mean_1h", "amount_count_7d", "amount_mean_7d", "gift");
        view.Aggregations.Single().Scale.Should().Be(100);
        view.LastValues.Single().TimeToLive.Should().Be(TimeSpan.FromDays(2));
        view.Hash.Should().Be(FeatureView.Define("orders").Version(2).Key("customer").Key("shop").EventTime("at").AvailableAt("known_at")
            .Aggregate("amount", [AggregateFunction.Count, AggregateFunction.Mean], 100, windows: [FeatureWindow.Hours(1), FeatureWindow.Days(7)])
            .LastValue("gift", TimeSpan.FromDays(2), type: DataType.Boolean).Build().Hash, "attributes and builder say the same");
    }

    [Fact]
    public void FirstScreenLine_WithItsKeyAndTtl_DefinesTheView()
    {
        var view = FeatureView.Define<Customer>("customer").Key(c => c.Id).Ttl(TimeSpan.FromDays(1)).Row(BindingOf<Customer>()).Build();

        view.Keys.Should().Equal(new FeatureKey("id", "id"));
        view.EventTimeColumn.Should().Be("updated_at");
        view.FeatureNames.Should().Equal("active", "orders", "points", "score", "spent_total", "discount");
        view.LastValues.Should().OnlyContain(last => last.TimeToLive == TimeSpan.FromDays(1));
        view.ToFrame([Made("a", 1)]).Columns.Select(column => column.Name).Should().Contain(["id", "updated_at", "spent_total"]).And.NotContain("note");
    }

    [Fact]
    public void Key_ThatIsNoProperty_NeedsAName()
    {
        var define = () => FeatureView.Define<Customer>("customer").Key(c => c.Id + "!");

        define.Should().Throw<InvalidDefinitionException>().WithMessage("*c => c.Id + \"!\"*Key(\"name\"*");
    }

    [Fact]
    public void Rows_OfRandomCustomers_ComeBackFromTheirFrame()
    {
        var random = new Random(7);
        var rows = Enumerable.Range(0, 1000).Select(i => Made("c" + i, random.Next()) with { Discount = i % 3 == 0 ? null : random.NextDouble(), Score = i % 5 == 0 ? float.NaN : i }).ToList();

        var frame = rows.ToFrame();

        frame.ToRows<Customer>().Should().Equal(rows);
        frame.Slice(300, 400).ToRows<Customer>().Should().Equal(rows.Skip(300).Take(400));
        ((IReadOnlyList<Customer>)rows.AsReadOnly()).ToFrame().RowCount.Should().Be(1000, "lists other than arrays work, too");
    }

    [Fact]
    public void Rows_OfAFrameThatDoesNotFit_AreRefusedWithPropertyAndRow()
    {
        var frame = new[] { Made("a", 1), Made("b", 2) }.ToFrame();
        var noColumn = () => frame.Without("points").ToRows<Customer>();
        var nulls = () => frame.With(DataColumn.FromNullable<int>("orders", 1, null)).ToRows<Customer>();
        var text = () => frame.With(DataColumn.Create("orders", new[] { "x", "y" })).ToRows<Customer>();
        var half = () => frame.With(DataColumn.Create("orders", new[] { 1.0, 2.5 })).ToRows<Customer>();

        noColumn.Should().Throw<InvalidInputException>().WithMessage("*no 'points'*'Points'*");
        nulls.Should().Throw<InvalidInputException>().WithMessage("*row 1*'Orders'*not nullable*Int32?*");
        text.Should().Throw<InvalidInputException>().WithMessage("*row 0*'Orders'*x*");
        half.Should().Throw<InvalidInputException>().WithMessage("*row 1*'Orders'*2.5*");
    }

    [Fact]
    public void Properties_ThatCouldMeanSeveralColumns_MustBeNamed()
    {
        var frame = new DataFrame(
            DataColumn.Create("origin_amount_mean_7d", new[] { 1f }), DataColumn.Create("destination_amount_mean_7d", new[] { 2f }),
            DataColumn.Create("orders_amount_count_1h", new[] { 1f }), DataColumn.Create("gift", new[] { 1f }));
        var read = () => frame.ToRows<OrderHistory>();

        read.Should().Throw<InvalidInputException>().WithMessage("*several*origin_amount_mean_7d*destination_amount_mean_7d*");
    }

    [Fact]
    public void ExplicitBinding_OfAPlainType_DoesTheSame()
    {
        var binding = new FeatureRowBindingBuilder<(string Id, Timestamp At, double Value, int? Count)>()
            .Key("id", row => row.Id).EventTime("at", row => row.At).Feature("value", row => row.Value).Optional("count", row => row.Count)
            .Build(v => (v[0].ToText()!, v[1].ToTimestamp(), v[2].ToDouble(), v[3].HasValue ? (int)v[3].ToInt64() : null));
        (string, Timestamp, double, int?)[] rows = [("a", Timestamp.Utc(2026, 1, 1), 1.5, null), ("b", Timestamp.Utc(2026, 1, 2), -2, 7)];

        binding.ToRows(binding.ToFrame(rows)).Should().Equal(rows);
        FeatureView.Define<(string Id, Timestamp At, double Value, int? Count)>("plain").Row(binding).Build().FeatureNames.Should().Equal("value", "count");
    }

    internal static Customer Made(string id, int seed) => new(
        id, Start.AddMinutes(seed % 1000), seed % 2 == 0, seed % 1_000_003, seed * 7L, seed % 97 / 4f, seed % 10_007 / 8.0);

    private static FeatureRowBinding<T> BindingOf<T>()
        where T : IFeatureRow<T> => T.Binding;
}
