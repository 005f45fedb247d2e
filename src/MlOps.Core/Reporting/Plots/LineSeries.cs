namespace MlOps.Reporting;

/// <summary>One line of a plot. Points with NaN interrupt it.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="X">Horizontal values, ascending.</param>
/// <param name="Y">Vertical values, as many.</param>
public sealed record LineSeries(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y);
