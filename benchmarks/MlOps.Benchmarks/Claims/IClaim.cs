namespace MlOps.Benchmarks.Claims;

/// <summary>One measured promise of the project. Nothing is claimed in the documentation that has none.</summary>
public interface IClaim
{
    /// <summary>Area and subject, as in <c>registry.commit</c>; the areas are <see cref="ClaimTable.Areas"/>.</summary>
    string Name { get; }

    /// <summary>What is promised, in one sentence: the measured quantity and the baseline it is compared with.</summary>
    string What { get; }

    /// <summary>The bound, as a reader understands it: <c>at most 1.10 x</c>.</summary>
    string Bound { get; }

    Task<ClaimResult> MeasureAsync(ClaimContext context, CancellationToken cancellationToken = default);
}
