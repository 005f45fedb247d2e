namespace MlOps.Serving;

/// <summary>
/// Inputs whose length differs from request to request. Requests of similar lengths form a batch; shorter ones are padded to the bucket's
/// length and their answers cut back. The model must ignore what <see cref="Mask"/> masks.
/// </summary>
public sealed record RaggedOptions
{
    /// <summary>The inputs of varying length, and which of their dimensions the length is (0 is the batch, so 1 or more).</summary>
    /// <value>Default: none. The lengths of all inputs named are equal in one request.</value>
    public IReadOnlyDictionary<string, int> Lengths { get; init; } = new Dictionary<string, int>();

    /// <summary>What inputs are padded with, by input.</summary>
    /// <value>Default: zero.</value>
    public IReadOnlyDictionary<string, double> Padding { get; init; } = new Dictionary<string, double>();

    /// <summary>The input [batch, length] that is 1 where the request's values stand and 0 on the padding.</summary>
    /// <value>Default: null, the model has none. When a request gives it, it is padded with zeros; when not, it is made.</value>
    public string? Mask { get; init; }

    /// <summary>Outputs that have the length as a dimension, and which; these are cut back.</summary>
    /// <value>Default: null: the dimensions that bear the same symbol as the inputs' length dimension in the model.</value>
    public IReadOnlyDictionary<string, int>? OutputLengths { get; init; }

    /// <summary>The lengths to which requests are padded, rising. Longer requests run by their exact length.</summary>
    /// <value>Default: none: found from the lengths that come, see <see cref="MaximumBuckets"/>.</value>
    public IReadOnlyList<int> Boundaries { get; init; } = [];

    /// <summary>How many bucket lengths are chosen when <see cref="Boundaries"/> names none: those that waste the least padding on the lengths seen.</summary>
    /// <value>Default: 16. Until 256 requests were seen the boundaries are four steps to each doubling, at least 8 apart.</value>
    public int MaximumBuckets { get; init; } = 16;
}
