namespace MlOps.Benchmarks.Claims;

/// <summary>A claim made of its parts, for those that are one method long.</summary>
public sealed class Claim(
    string name, string what, string bound, Func<ClaimContext, CancellationToken, Task<ClaimResult>> measure) : IClaim
{
    public string Name => name;

    public string What => what;

    public string Bound => bound;

    public Task<ClaimResult> MeasureAsync(ClaimContext context, CancellationToken cancellationToken = default) =>
        measure(context, cancellationToken);
}
