using System.Runtime.Intrinsics;

namespace MlOps.Learning;

/// <summary>A leaf's best split so far; bins up to <see cref="Bin"/> go left.</summary>
internal struct SplitCandidate
{
    public double Gain;
    public int Feature;
    public int Bin;
    public bool MissingLeft;
    public Vector128<long> Left;

    public static SplitCandidate None => new() { Gain = double.NegativeInfinity, Feature = -1 };

    public readonly bool Exists => Feature >= 0;

    /// <summary>Ties go to the feature that comes first, so that the way features are dealt to threads does not show.</summary>
    public readonly bool Beats(in SplitCandidate other) =>
        Exists && (Gain > other.Gain || (Gain == other.Gain && other.Exists && Feature < other.Feature));
}
