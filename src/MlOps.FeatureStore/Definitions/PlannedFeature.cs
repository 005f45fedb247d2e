namespace MlOps.Features;

/// <summary>How one feature is computed. <see cref="Window"/> is -1 for a plain feature.</summary>
internal readonly record struct PlannedFeature(int Window, int Column, AggregateFunction Function, long TimeToLive);
