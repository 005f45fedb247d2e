namespace MlOps;

/// <summary>The tables of one area and how they came to be. Table names begin with the area's name.</summary>
/// <param name="Area">The area, for instance <c>registry</c>.</param>
/// <param name="Migrations">
/// One entry per version, the first being version 1; each is a list of statements separated by semicolons at line ends.
/// Entries are never edited after a release; new ones are appended. Types in braces are translated by <see cref="SqlDialect"/>;
/// everything else is the common subset (BIGINT, TEXT, UNIQUE, partial indexes, ON CONFLICT).
/// </param>
public sealed record MetadataSchema(string Area, IReadOnlyList<string> Migrations);
