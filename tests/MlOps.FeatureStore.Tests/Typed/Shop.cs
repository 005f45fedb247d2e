namespace MlOps.Features.Tests;

/// <summary>A customer as the first screen has it; the generator binds it.</summary>
[FeatureRow]
public sealed partial record Customer(
    string Id,
    [property: EventTime] DateTimeOffset UpdatedAt,
    bool Active,
    int Orders,
    long Points,
    float Score,
    [property: Feature("spent_total")] double Spent)
{
    public double? Discount { get; init; }

    [FeatureIgnore]
    public string? Note { get; init; }
}

/// <summary>One order; its amount is aggregated.</summary>
[FeatureRow]
public readonly partial record struct Order(
    [property: FeatureKey(Name = "customer")] string Customer,
    [property: FeatureKey(Name = "shop")] string Shop,
    [property: EventTime] Timestamp At,
    [property: AvailableAt] Timestamp KnownAt,
    [property: Aggregate("1h, 7d", AggregateFunction.Count, AggregateFunction.Mean, Scale = 100)] double Amount,
    [property: Feature(Ttl = "2d")] bool Gift);

/// <summary>What a model asks of orders.</summary>
[FeatureVector]
public readonly partial record struct OrderHistory(float AmountMean7D, [property: Feature("orders_amount_count_1h")] int Recent, bool? Gift);
