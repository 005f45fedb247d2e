namespace MlOps;

/// <summary>Marks a method as a pure function of its parameters, so that the analyzer refuses clocks, random numbers, statics, input and output in it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FeatureTransformAttribute : Attribute;
