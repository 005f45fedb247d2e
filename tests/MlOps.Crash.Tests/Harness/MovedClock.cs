namespace MlOps.Crash.Tests;

/// <summary>The system's clock, some time ahead: what was just written is old for whoever uses it.</summary>
internal sealed class MovedClock(TimeSpan ahead) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + ahead;
}
