using MlOps;

/// <summary>Made-up orders: customers with an odd number order less and less.</summary>
public static class Orders
{
    private const int Customers = 400;

    public static Timestamp Today { get; } = Timestamp.Utc(2026, 6, 1);

    public static async Task IngestAsync(IFeatureStore features, int days)
    {
        var random = new Random(1);
        var rows = Enumerable.Range(0, Customers).SelectMany(customer => Enumerable.Range(0, days)
            .Where(day => random.NextDouble() < (customer % 2 == 0 ? 0.3 : 0.3 * (1 - (double)day / days)))
            .Select(day => (Customer: $"c{customer}", At: Today - TimeSpan.FromDays(days - day), Amount: Math.Round(random.NextDouble() * 50, 2)))).ToArray();
        await features.IngestAsync("orders", new DataFrame(
            DataColumn.Create("customer", rows.Select(row => row.Customer).ToArray()),
            DataColumn.Create("ordered_at", rows.Select(row => row.At).ToArray()),
            DataColumn.Create("amount", rows.Select(row => row.Amount).ToArray())), $"orders/{days}");
    }

    public static DataFrame Labels(int days)
    {
        var rows = Enumerable.Range(0, Customers).SelectMany(customer => Enumerable.Range(1, 5).Select(week => (customer, At: Today - TimeSpan.FromDays(7 * week)))).ToArray();
        return new DataFrame(
            DataColumn.Create("customer", rows.Select(row => $"c{row.customer}").ToArray()),
            DataColumn.Create("asked_at", rows.Select(row => row.At).ToArray()),
            DataColumn.Create("churned", rows.Select(row => (float)(row.customer % 2)).ToArray()));
    }
}
