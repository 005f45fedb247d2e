namespace MlOps.Features;

/// <summary>A way in which served values may have come about: what would then have been served, and how to say it.</summary>
internal sealed class Hypothesis(SkewCause cause, int cost, string evidence)
{
    private readonly Dictionary<int, float[]> _predictions = [];

    public SkewCause Cause => cause;

    /// <summary>How much it assumes; of two that explain equally the cheaper is believed.</summary>
    public int Cost => cost;

    public string Evidence => evidence;

    public TimeSpan? Shift { get; init; }

    public double? Factor { get; init; }

    public string? Other { get; init; }

    /// <summary>How far a prediction may be off, relatively: for those that are computed and not looked up.</summary>
    public double Tolerance { get; init; }

    /// <summary>The features that it speaks about.</summary>
    public IEnumerable<int> Features => _predictions.Keys;

    public Hypothesis Predict(int feature, float[] byRow)
    {
        _predictions[feature] = byRow;
        return this;
    }

    public float[]? PredictionOf(int feature) => _predictions.GetValueOrDefault(feature);

    public SkewFinding ToFinding(double explained, int examined) => new(cause, evidence, explained, examined) { Shift = Shift, Factor = Factor, Other = Other };
}
