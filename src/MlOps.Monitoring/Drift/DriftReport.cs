namespace MlOps.Monitoring;

/// <summary>How a window of predictions differs from the training data of the version that made them.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Version">The version whose reference was used, <c>model:version</c>.</param>
/// <param name="From">The window's begin, included.</param>
/// <param name="To">The window's end, not included.</param>
/// <param name="Rows">Predictions in the window.</param>
/// <param name="Columns">Each column.</param>
/// <param name="DriftedShare">The share of columns that drifted.</param>
/// <param name="Drifted">Whether the rule calls the whole drifted.</param>
public sealed record DriftReport(
    string Endpoint, string Version, Timestamp From, Timestamp To, int Rows, IReadOnlyList<ColumnDrift> Columns, double DriftedShare, bool Drifted);
