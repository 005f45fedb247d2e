namespace MlOps.Benchmarks.Gpu;

/// <summary>One measured statement.</summary>
/// <param name="Name">What is stated.</param>
/// <param name="Value">What was measured.</param>
/// <param name="Bound">What it is held against; null for a figure alone.</param>
/// <param name="AtMost">Whether the bound is an upper one.</param>
/// <param name="Note">How it was measured.</param>
internal sealed record Check(string Name, double Value, double? Bound, bool AtMost, string Note)
{
    public string Verdict => Bound is not { } bound ? "" : (AtMost ? Value <= bound : Value >= bound) ? "holds" : "misses";
}
