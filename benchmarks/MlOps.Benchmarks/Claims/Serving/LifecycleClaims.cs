namespace MlOps.Benchmarks.Claims.Serving;

internal static class LifecycleClaims
{
    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "serving.many-models",
            "hit rate over the offline optimum's, 64 callers asking 1,000 models (Zipf, exponent 1) with a budget of a quarter of their memory; budget never exceeded by 1 %, one load per miss",
            "at least 0.95 x",
            ManyModels.MeasureAsync),
    ];
}
