namespace MlOps.Orchestration.Tests;

internal static class Waiting
{
    /// <summary>Yields until something that other threads bring about has happened.</summary>
    public static async Task UntilAsync(this TestHost _, Func<bool> happened)
    {
        var deadline = Environment.TickCount64 + 20_000;
        while (!happened())
        {
            if (Environment.TickCount64 > deadline)
                throw new TimeoutException("It did not happen within 20 s.");
            await Task.Delay(5);
        }
    }
}
