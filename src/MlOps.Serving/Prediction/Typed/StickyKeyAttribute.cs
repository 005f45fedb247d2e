namespace MlOps;

/// <summary>Marks the text that keeps requests on the same variant, for instance a customer's number. It is no feature.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class StickyKeyAttribute : Attribute;
