namespace MlOps.Serving;

/// <summary>What a batching rule decided.</summary>
/// <param name="Rows">Rows to take now; 0 to wait. More than wait or fit are as many as wait or fit.</param>
/// <param name="Wait">How long to wait when no rows are taken; zero or less takes what is there.</param>
public readonly record struct BatchDecision(int Rows, TimeSpan Wait = default)
{
    /// <summary>Takes rows now.</summary>
    /// <param name="rows">How many.</param>
    /// <returns>The decision.</returns>
    public static BatchDecision Take(int rows) => new(rows);

    /// <summary>Waits for more rows.</summary>
    /// <param name="time">How long at most.</param>
    /// <returns>The decision.</returns>
    public static BatchDecision WaitFor(TimeSpan time) => new(0, time);
}
