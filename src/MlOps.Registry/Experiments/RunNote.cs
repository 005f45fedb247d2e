namespace MlOps.Registry;

/// <summary>A text that a run's note had.</summary>
/// <param name="Text">Markdown; empty when the note was taken away.</param>
/// <param name="Time">Since when.</param>
/// <param name="Author">Who wrote it.</param>
public sealed record RunNote(string Text, Timestamp Time, string Author);
