namespace MlOps.Benchmarks.Claims;

/// <summary>What a claim's measurement came to.</summary>
/// <param name="Measured">The number that the bound is about.</param>
/// <param name="Display">The same as a reader sees it, with its unit: <c>1.04 x</c>.</param>
/// <param name="Held">Whether the bound holds.</param>
/// <param name="Details">Tables for the documentation.</param>
public sealed record ClaimResult(double Measured, string Display, bool Held, params IReadOnlyList<ClaimDetail> Details)
{
    /// <summary>Holds when <paramref name="measured"/> is at most <paramref name="bound"/>; not a number never holds.</summary>
    public static ClaimResult AtMost(double measured, double bound, string display, params IReadOnlyList<ClaimDetail> details) =>
        new(measured, display, measured <= bound, details);

    /// <summary>Holds when <paramref name="measured"/> is at least <paramref name="bound"/>; not a number never holds.</summary>
    public static ClaimResult AtLeast(double measured, double bound, string display, params IReadOnlyList<ClaimDetail> details) =>
        new(measured, display, measured >= bound, details);
}
