namespace MlOps.Registry;

/// <summary>An experiment as stored.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is about, as Markdown; may be empty.</param>
/// <param name="Tags">Labels.</param>
/// <param name="Runs">Its runs that are not deleted.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="CreatedBy">By whom.</param>
/// <param name="DeletedAt">When it was deleted, or null.</param>
public sealed record ExperimentRecord(
    string Name, string Description, IReadOnlyDictionary<string, string> Tags, long Runs, Timestamp CreatedAt, string CreatedBy, Timestamp? DeletedAt);
