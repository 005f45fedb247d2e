namespace MlOps.Features;

/// <summary>
/// How one feature is computed. <see cref="Window"/> is -1 for a plain feature. <see cref="Column"/> is a place in <see cref="ViewPlan.Plain"/> for plain
/// features and <see cref="AggregateFunction.LastN"/>, in <see cref="ViewPlan.Hashed"/> for distinct counts, else in <see cref="ViewPlan.Fixed"/>.
/// <see cref="Parameter"/> is the place, from 1, of a last value, the size of a distinct count, or the rank of a quantile.
/// </summary>
internal readonly record struct PlannedFeature(int Window, int Column, AggregateFunction Function, double Parameter, DataType Type, long TimeToLive);
