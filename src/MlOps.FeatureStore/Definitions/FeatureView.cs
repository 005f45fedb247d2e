using System.Security.Cryptography;
using System.Text;

namespace MlOps.Features;

/// <summary>
/// The definition of features of one entity over rows with an event time and, where rows become known later than they happen,
/// an availability time. Immutable; the same definition runs offline and online.
/// </summary>
public partial class FeatureView
{
    internal FeatureView(FeatureViewParts parts)
    {
        Name = parts.Name;
        Version = parts.Version;
        Description = parts.Description;
        Checks = parts.Checks;
        Keys = [.. parts.Keys];
        EventTimeColumn = parts.EventTime!;
        AvailableAtColumn = parts.AvailableAt;
        Aggregations = [.. parts.Aggregations];
        LastValues = [.. parts.LastValues];
        Sources = [.. parts.Sources];
        Derived = [.. parts.Derived];
        Lag = parts.Lag;
        Retention = parts.Retention;
        IsUpsert = parts.IsUpsert;
        Definition = DefinitionText.Of(this);
        Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Definition)))[..16];
        Plan = new ViewPlan(this);
        Take(parts.Notes);
    }

    /// <summary>The view's name: a-z, 0-9, '_' and '-'.</summary>
    public string Name { get; }

    /// <summary>The version; a change of meaning needs a new one.</summary>
    public int Version { get; }

    /// <summary>What it is for; may change freely.</summary>
    public string? Description { get; }

    /// <summary>The entity's key, one part or several.</summary>
    public IReadOnlyList<FeatureKey> Keys { get; }

    /// <summary>The column that says when a row happened.</summary>
    public string EventTimeColumn { get; }

    /// <summary>The column that says when a row became known; null when rows are known as they happen.</summary>
    public string? AvailableAtColumn { get; }

    /// <summary>The windowed aggregations.</summary>
    public IReadOnlyList<AggregatedColumn> Aggregations { get; }

    /// <summary>The plain features.</summary>
    public IReadOnlyList<LastValueColumn> LastValues { get; }

    /// <summary>Columns computed from others before anything else.</summary>
    public IReadOnlyList<DerivedColumn> Derived { get; }

    /// <summary>How much later than its availability a row reaches the online store in service; joins add it.</summary>
    /// <value>Zero by default.</value>
    public TimeSpan Lag { get; }

    /// <summary>How long rows are retained offline after their event time.</summary>
    /// <value>Null by default: for ever.</value>
    public TimeSpan? Retention { get; }

    /// <summary>Whether a row replaces an earlier one of the same entity, event time and availability; else both count.</summary>
    public bool IsUpsert { get; }

    /// <summary>The features in order, without the view's name, for instance <c>delay_mean_24h</c>.</summary>
    public IReadOnlyList<string> FeatureNames => Plan.FeatureNames;

    /// <summary>The definition as text, one fact a line; what the hash is taken of.</summary>
    public string Definition { get; }

    /// <summary>The first 16 hexadecimal digits of the definition's SHA-256.</summary>
    public string Hash { get; }

    internal ViewPlan Plan { get; }

    /// <summary>Defines a view over the columns of data frames.</summary>
    /// <param name="name">The view's name.</param>
    /// <returns>The builder.</returns>
    public static FeatureViewBuilder Define(string name) => new(name);

    /// <summary>Defines a view over rows of a type; data frames with the named columns are taken too.</summary>
    /// <typeparam name="TRow">The row.</typeparam>
    /// <param name="name">The view's name.</param>
    /// <returns>The builder.</returns>
    public static FeatureViewBuilder<TRow> Define<TRow>(string name) => new(name);

    /// <inheritdoc />
    public override string ToString() => $"{Name} v{Version}";
}
