namespace MlOps.Monitoring;

/// <summary>How well the versions behind an endpoint predicted in a window.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="From">The window's begin, included.</param>
/// <param name="To">The window's end, not included.</param>
/// <param name="Versions">Each version and variant that answered, by version.</param>
public sealed record QualityReport(string Endpoint, Timestamp From, Timestamp To, IReadOnlyList<VersionQuality> Versions)
{
    /// <summary>A version's quality over all its variants' rows, or null when it answered nothing in the window.</summary>
    /// <param name="version">The version.</param>
    /// <returns>The entry with most rows.</returns>
    public VersionQuality? Of(ModelVersionRef version) =>
        Versions.Where(entry => entry.Version == version.ToString()).MaxBy(entry => entry.Rows);
}
