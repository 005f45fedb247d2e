namespace MlOps.Registry;

/// <summary>
/// Copies of what a caller passes, made once and before anything is checked: a list or dictionary that changes, or gives other values the
/// second time, is stored as it was checked. A copy ends one entry past the bound, where the check refuses it.
/// </summary>
internal static class Snapshots
{
    public static ModelVersionDraft Of(ModelVersionDraft draft) => draft with
    {
        Artifacts = Of(draft.Artifacts, RegistryLimits.Artifacts),
        Signature = Of(draft.Signature),
        Metrics = Of("Metric", draft.Metrics, RegistryLimits.Metrics),
        Tags = Of("Tag", draft.Tags, RegistryLimits.Tags),
    };

    public static Dictionary<string, TValue> Of<TValue>(string what, IReadOnlyDictionary<string, TValue>? values, int most)
    {
        if (values is null)
            return null!;
        var copy = new Dictionary<string, TValue>(StringComparer.Ordinal);
        foreach (var (name, value) in values.Take(most + 1))
        {
            if (name is null)
                NameRules.Field(what, name!);
            copy[name!] = value;
        }

        return copy;
    }

    private static ModelSignature Of(ModelSignature? signature) => signature is null
        ? null!
        : signature with
        {
            Inputs = Of(signature.Inputs),
            Outputs = Of(signature.Outputs),
            Features = Of(signature.Features, RegistryLimits.Features),
            Specs = Of(signature.Specs),
        };

    // A spec describes a feature or a tensor and stands once, so that there are no more of them than of these.
    private static FeatureSpec[] Of(IReadOnlyList<FeatureSpec>? specs) => specs is null
        ? null!
        : [.. Of(specs, RegistryLimits.Features + (2 * RegistryLimits.Tensors)).Select(spec => spec is null ? spec! : spec with { Categories = Of(spec.Categories, RegistryLimits.Categories) })];

    private static TensorSpec[] Of(IReadOnlyList<TensorSpec>? tensors) => tensors is null
        ? null!
        : [.. Of(tensors, RegistryLimits.Tensors).Select(tensor => tensor is null ? tensor! : tensor with { Shape = Of(tensor.Shape, RegistryLimits.Dimensions) })];

    private static T[] Of<T>(IReadOnlyList<T>? values, int most) => values is null ? null! : [.. values.Take(most + 1)];
}
