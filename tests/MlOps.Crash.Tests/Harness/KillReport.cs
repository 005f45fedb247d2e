namespace MlOps.Crash.Tests;

/// <summary>What came of a series of kills or power cuts.</summary>
internal sealed class KillReport
{
    public int Kills { get; set; }

    public int Acknowledged { get; private set; }

    public int Collected { get; private set; }

    public TimeSpan LongestOpening { get; private set; }

    public List<string> Broken { get; } = [];

    public void Opened(TimeSpan taken)
    {
        lock (Broken)
            LongestOpening = taken > LongestOpening ? taken : LongestOpening;
    }

    public KillReport With(Acknowledgements acknowledged)
    {
        lock (Broken)
        {
            Acknowledged += acknowledged.Count;
            Collected += acknowledged.Collected;
            // Nothing fails here but by a fault of the store.
            Broken.AddRange(acknowledged.Errors.Select(error => "a caller got: " + error));
        }

        return this;
    }
}
