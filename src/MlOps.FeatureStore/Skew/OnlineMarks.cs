namespace MlOps.Features;

/// <summary>How far a view's online state had got when a vector was served, in microseconds; <see cref="long.MinValue"/> for never.</summary>
/// <param name="ExactFrom">Reads from here on are exact.</param>
/// <param name="UpTo">The newest availability in it.</param>
/// <param name="MaterializedUpTo">History known up to here is in it.</param>
internal readonly record struct OnlineMarks(long ExactFrom, long UpTo, long MaterializedUpTo);
