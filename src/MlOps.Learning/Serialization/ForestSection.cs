namespace MlOps.Learning;

/// <summary>What a saved forest holds; a leaf's left child is itself.</summary>
internal sealed record ForestSection(
    double BaseScore, int[] Roots, int[] Features, float[] Thresholds, int[] Left, bool[] MissingLeft, float[] Values, double[] Gains);
