namespace MlOps.Learning;

/// <summary>Two models' AUC on the same rows.</summary>
/// <param name="Candidate">The candidate's AUC.</param>
/// <param name="Champion">The champion's AUC.</param>
/// <param name="Difference">Candidate minus champion, with its interval.</param>
/// <param name="Z">The difference over its standard error; 0 where both rank the rows alike.</param>
/// <param name="PValue">The chance of a difference so far from 0, on either side, if there were none.</param>
public sealed record AucComparison(double Candidate, double Champion, ConfidenceInterval Difference, double Z, double PValue)
{
    /// <summary>
    /// The chance of a difference as large as measured if the candidate were better by the margin exactly: small means that it is better by
    /// more than the margin. With a negative margin it tests that the candidate is not worse by more than that.
    /// </summary>
    /// <param name="margin">The margin in AUC.</param>
    /// <returns>A one-sided p-value.</returns>
    public double PValueOfGainAbove(double margin) => Difference.StandardError > 0
        ? NormalDistribution.UpperTail((Difference.Estimate - margin) / Difference.StandardError)
        : Difference.Estimate > margin ? 0 : 1;
}
