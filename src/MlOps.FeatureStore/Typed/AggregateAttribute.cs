using MlOps.Features;

namespace MlOps;

/// <summary>Aggregates a numeric property over windows. The property is then no plain feature, unless <see cref="FeatureAttribute"/> says so.</summary>
/// <param name="windows">The windows, separated by commas: a whole number and <c>s</c>, <c>m</c>, <c>h</c> or <c>d</c>, for instance <c>1h, 7d</c>.</param>
/// <param name="functions">What is computed over each.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AggregateAttribute(string windows, params AggregateFunction[] functions) : Attribute
{
    /// <summary>The windows.</summary>
    public string Windows { get; } = windows;

    /// <summary>What is computed over each.</summary>
    public AggregateFunction[] Functions { get; } = functions;

    /// <summary>Units per 1.0; see <see cref="AggregatedColumn.Scale"/>.</summary>
    /// <value>1000 by default.</value>
    public int Scale { get; init; } = 1000;
}
