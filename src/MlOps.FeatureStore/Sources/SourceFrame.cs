namespace MlOps.Features;

/// <summary>Some rows of a source.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="Bytes">How much was read for them.</param>
/// <param name="Where">Says where a row stands, for messages; null where the row's number must do.</param>
/// <param name="Position">What the source has given when these rows are in; null for sources without a position.</param>
internal sealed record SourceFrame(DataFrame Rows, long Bytes, Func<int, string>? Where = null, string? Position = null);
