namespace MlOps.Features;

/// <summary>A record that its source could not turn into rows.</summary>
/// <param name="Offset">Its offset.</param>
/// <param name="Error">What is wrong with it.</param>
/// <param name="Content">What it looks like, for people; may be cut off.</param>
public sealed record UnreadableRecord(long Offset, string Error, string Content);
