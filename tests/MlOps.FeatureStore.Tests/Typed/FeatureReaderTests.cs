namespace MlOps.Features.Tests;

public sealed class FeatureReaderTests
{
    private static readonly Timestamp Start = Timestamp.Utc(2000, 12, 30);

    [Fact]
    public async Task Customer_PushedAsARow_IsReadAsARow()
    {
        await using var open = Customers();
        var store = open.Store;
        Customer[] rows = [.. Enumerable.Range(0, 50).Select(i => TypedRowTests.Made("c" + i, i) with { Discount = i % 2 == 0 ? null : 0.5 })];
        await store.PushAsync("customer", rows, "test", 1);
        var reader = store.GetReader<Customer>("customer");

        var many = await reader.GetManyAsync([.. rows.Select(row => row.Id)], Start + TimeSpan.FromDays(1));

        many.Should().Equal(rows.Select(row => row with { UpdatedAt = (Start + TimeSpan.FromDays(1)).ToDateTimeOffset() }), "the event time of an answer is the moment asked about");
        (await reader.GetAsync(new FeatureRequest("c7") { AsOf = Start + TimeSpan.FromDays(1) })).Should().Be(many[7]);
        reader.Service.Should().Be("customer");
    }

    [Fact]
    public async Task Reader_WithoutAMoment_AsksForNow()
    {
        await using var open = Customers();
        await open.Store.PushAsync("customer", [TypedRowTests.Made("a", 4)], "test", 1);
        var reader = open.Store.GetReader<Customer>("customer");

        var answer = await reader.GetAsync("a");

        answer.UpdatedAt.Should().Be(open.Environment.Clock.GetUtcNow());
        answer.Orders.Should().Be(4);
        (await reader.GetAsync("a")).Should().Be(answer);
    }

    [Fact]
    public async Task Entity_WithoutValues_IsAnErrorOnlyWhereThePropertyCannotBeMissing()
    {
        await using var open = Customers();
        var reader = open.Store.GetReader<Customer>("customer");
        var read = async () => await reader.GetAsync("nobody");

        await read.Should().ThrowAsync<InvalidInputException>().WithMessage("*'nobody'*'Active'*not nullable*");
        var lenient = open.Store.GetReader("customer", new FeatureRowBindingBuilder<(double Spent, long? Points)>()
            .Feature("spent_total", row => row.Spent).Optional("points", row => row.Points)
            .Build(v => (v[0].ToDouble(), v[1].HasValue ? v[1].ToInt64() : null)));
        (await lenient.GetAsync("nobody")).Should().Be((double.NaN, null));
    }

    [Fact]
    public async Task OrderHistory_OfATwoPartKey_IsReadByNameInAnyOrder()
    {
        await using var open = Orders();
        await open.Store.PushAsync<Order>("orders", [new("ann", "bonn", Start, Start, 10, true), new("ann", "kiel", Start, Start, 99, false), new("ann", "bonn", Start + TimeSpan.FromMinutes(5), Start + TimeSpan.FromMinutes(5), 20, true)], "test", 1);
        var reader = open.Store.GetReader<OrderHistory>("orders");

        (await reader.GetAsync(new FeatureRequest("ann", "bonn") { AsOf = Start + TimeSpan.FromMinutes(10) })).Should().Be(new OrderHistory(15, 2, true));
        (await reader.GetAsync(new FeatureRequest("ann", "bonn") { AsOf = Start + TimeSpan.FromDays(3) })).Should().Be(new OrderHistory(15, 0, null));
        (await reader.GetManyAsync([new FeatureRequest("ann", "kiel") { AsOf = Start }, new FeatureRequest("bob", "kiel")]))
            .Should().Equal(new OrderHistory(99, 1, false), new OrderHistory(float.NaN, 0, null));
        var onePart = async () => await reader.GetAsync("ann");
        await onePart.Should().ThrowAsync<InvalidInputException>().WithMessage("*2 key(s) (customer, shop)*");
    }

    [Fact]
    public async Task Type_WhosePropertyNamesNoFeature_IsRefusedWithTheNearestNames()
    {
        await using var open = Customers();
        var read = async () => await open.Store.GetReader<OrderHistory>("customer").GetAsync("a");

        await read.Should().ThrowAsync<InvalidDefinitionException>().WithMessage("*OrderHistory*'AmountMean7D'*'Gift'*");
        var unknown = () => open.Store.GetReader<Customer>("customers");
        unknown.Should().Throw<NotFoundException>().WithMessage("*'customer'*");
    }

    [Fact]
    public async Task TypedRead_OfAnyHistory_GivesTheFloatsThatTheVectorHas()
    {
        await using var open = Orders();
        var random = new Random(3);
        var orders = Enumerable.Range(0, 500).Select(i => new Order("c" + random.Next(10), "s" + random.Next(2), Start + TimeSpan.FromMinutes(i), Start + TimeSpan.FromMinutes(i + random.Next(100)), random.Next(5000) / 100.0, i % 2 == 0)).ToArray();
        await open.Store.PushAsync("orders", orders, "test", 1);
        var source = await open.Store.GetVectorSourceAsync("orders");
        var typed = (ITypedVectorSource)source;
        var floats = new float[source.FeatureNames.Count];
        var values = new FeatureValue[floats.Length];

        for (var i = 0; i < 200; i++)
        {
            string[] keys = ["c" + random.Next(12), "s" + random.Next(2)];
            var moment = Start + TimeSpan.FromMinutes(600 + i);
            await source.ReadAsync(keys, moment, floats);
            typed.Read(keys, default, moment, values);
            values.Select(value => BitConverter.SingleToInt32Bits(value.ToSingle())).Should().Equal(floats.Select(BitConverter.SingleToInt32Bits));
        }
    }

    [Fact]
    public async Task TypedRead_OfAStruct_AllocatesNothing()
    {
        await using var open = Orders();
        await open.Store.PushAsync<Order>("orders", [new("ann", "bonn", Start, Start, 10, true)], "test", 1);
        var reader = open.Store.GetReader<OrderHistory>("orders");
        var request = new FeatureRequest("ann", "bonn") { AsOf = Start + TimeSpan.FromMinutes(1) };
        for (var i = 0; i < 200; i++)
            await reader.GetAsync(request);

        var least = long.MaxValue;
        for (var attempt = 0; attempt < 5; attempt++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
                await reader.GetAsync(request);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        least.Should().Be(0);
    }

    private static OpenStore Customers() => new(
        [FeatureView.Define<Customer>("customer").Key(c => c.Id).Ttl(TimeSpan.FromDays(10)).Row(BindingOf<Customer>()).Build()],
        [FeatureService.Define("customer").View("customer").Build()]);

    private static OpenStore Orders() => new(
        [FeatureView.Define<Order>("orders").Row(BindingOf<Order>()).Build()], [FeatureService.Define("orders").View("orders").Build()]);

    private static FeatureRowBinding<T> BindingOf<T>()
        where T : IFeatureRow<T> => T.Binding;
}
