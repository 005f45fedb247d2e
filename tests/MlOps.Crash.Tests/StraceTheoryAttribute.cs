namespace MlOps.Crash.Tests;

/// <summary>A test that needs strace; skipped, and said so, where it is not there.</summary>
internal sealed class StraceTheoryAttribute : TheoryAttribute
{
    public StraceTheoryAttribute()
    {
        if (InjectedFaults.Missing is { } missing)
            Skip = $"No injected faults: {missing}.";
    }
}
