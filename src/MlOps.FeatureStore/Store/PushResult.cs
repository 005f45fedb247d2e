namespace MlOps.Features;

/// <summary>What became of a push.</summary>
/// <param name="Rows">Rows applied.</param>
/// <param name="WasPresent">Whether the source had brought that offset, or a later one, before, so that nothing was done.</param>
public readonly record struct PushResult(int Rows, bool WasPresent);
