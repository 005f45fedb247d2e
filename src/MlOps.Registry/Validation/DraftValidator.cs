namespace MlOps.Registry;

/// <summary>Checks everything about a draft that can be checked without the store. Throws before anything is written.</summary>
internal static class DraftValidator
{
    public static void Check(ModelVersionDraft draft)
    {
        NameRules.Model(draft.Model);
        CheckArtifacts(draft.Artifacts);
        CheckSignature(draft.Signature);
        CheckMetrics(draft.Metrics);
        if (draft.Tags is null)
            throw new InvalidDefinitionException("The draft's tags are null. Pass an empty dictionary instead.");
        NameRules.Tags(draft.Tags);
        NameRules.Text("The description", draft.Description, RegistryLimits.DescriptionLength);
        NameRules.Text("The reason", draft.Reason, RegistryLimits.ReasonLength);
        if (draft.Key is not null)
            CheckKey(draft.Key);
        if (draft.RunId is not null)
            NameRules.Text("The run id", draft.RunId, RegistryLimits.KeyLength);
        if (draft.Provenance is { } provenance)
        {
            NameRules.Text("The provenance's environment", provenance.Environment, RegistryLimits.KeyLength);
            NameRules.Text("The provenance's version", provenance.Version, RegistryLimits.KeyLength);
            NameRules.Text("The provenance's manifest digest", provenance.ManifestDigest, RegistryLimits.KeyLength);
            NameRules.Text("The provenance's strategy", provenance.Strategy, RegistryLimits.KeyLength);
        }
    }

    public static void CheckKey(string key)
    {
        if (key.Length == 0)
            throw new InvalidInputException("The idempotency key is empty. Pass null for none.");
        NameRules.Text("The idempotency key", key, RegistryLimits.KeyLength);
    }

    private static void CheckArtifacts(IReadOnlyList<ModelArtifact>? artifacts)
    {
        if (artifacts is null)
            throw new InvalidDefinitionException("The draft's artifacts are null. Pass an empty list instead.");
        if (artifacts.Count > RegistryLimits.Artifacts)
            throw new InvalidDefinitionException($"The draft has more than the {RegistryLimits.Artifacts} artifacts that are allowed.");
        var seen = new HashSet<(ModelArtifactKind, string)>(artifacts.Count);
        foreach (var artifact in artifacts)
        {
            if (artifact is null)
                throw new InvalidDefinitionException("The draft's artifacts hold a null.");
            if (!Enum.IsDefined(artifact.Kind))
                throw new InvalidDefinitionException($"Artifact '{NameRules.Shown(artifact.Name)}' has the kind {(int)artifact.Kind}, which is none of the eight.");
            NameRules.Artifact(artifact.Name);
            NameRules.Reference($"Artifact {artifact.Kind}/{artifact.Name}", artifact.Content);
            if (!seen.Add((artifact.Kind, artifact.Name)))
                throw new InvalidDefinitionException($"Artifact {artifact.Kind}/{artifact.Name} stands twice. Give each artifact of a kind its own name.");
        }
    }

    private static void CheckSignature(ModelSignature? signature)
    {
        if (signature?.Inputs is null || signature.Outputs is null || signature.Features is null)
            throw new InvalidDefinitionException("The draft has no signature. Pass what the model takes and gives; empty lists when that is not known.");
        CheckTensors("input", signature.Inputs);
        CheckTensors("output", signature.Outputs);
        if (signature.Features.Count > RegistryLimits.Features)
            throw new InvalidDefinitionException($"The signature names more than the {RegistryLimits.Features} features that are allowed.");
        foreach (var feature in signature.Features)
            NameRules.Text("A feature's name", feature, RegistryLimits.FieldNameLength);
        CheckSpecs(signature);
    }

    private static void CheckSpecs(ModelSignature signature)
    {
        if (signature.Specs is null)
            throw new InvalidDefinitionException("The signature's specs are null. Pass an empty list instead.");
        if (signature.Specs.Count == 0)
            return;
        var known = signature.Features.Concat(signature.Inputs.Concat(signature.Outputs).Select(tensor => tensor.Name)).ToHashSet(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var spec in signature.Specs)
        {
            if (spec?.Name is null || !known.Contains(spec.Name))
            {
                throw new InvalidDefinitionException(
                    $"The signature describes '{NameRules.Shown(spec?.Name)}', which is none of its features and tensors. {NearestNames.Describe(NameRules.Shown(spec?.Name), known.Select(NameRules.Shown))}");
            }

            if (!seen.Add(spec.Name))
                throw new InvalidDefinitionException($"The signature describes '{NameRules.Shown(spec.Name)}' twice.");
            NameRules.Text($"The type of '{spec.Name}'", spec.Type, 100);
            NameRules.Text($"The unit of '{spec.Name}'", spec.Unit, 100);
            NameRules.Text($"The description of '{spec.Name}'", spec.Description, RegistryLimits.SpecDescriptionLength);
            if (spec.Categories is null || spec.Categories.Count > RegistryLimits.Categories)
                throw new InvalidDefinitionException($"'{NameRules.Shown(spec.Name)}' has {spec.Categories?.Count.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "null as"} categories; at most {RegistryLimits.Categories} are allowed.");
            foreach (var category in spec.Categories)
                NameRules.Text($"A category of '{spec.Name}'", category, RegistryLimits.FieldNameLength);
            if (spec.Categories.Distinct(StringComparer.Ordinal).Count() != spec.Categories.Count)
                throw new InvalidDefinitionException($"'{NameRules.Shown(spec.Name)}' has a category twice.");
        }
    }

    private static void CheckTensors(string what, IReadOnlyList<TensorSpec> tensors)
    {
        if (tensors.Count > RegistryLimits.Tensors)
            throw new InvalidDefinitionException($"The signature has more than the {RegistryLimits.Tensors} {what}s that are allowed.");
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tensor in tensors)
        {
            if (tensor?.Shape is null)
                throw new InvalidDefinitionException($"The signature's {what}s hold a tensor without a shape.");
            NameRules.Text($"An {what}'s name", tensor.Name, 1_000);
            NameRules.Text($"The element type of {what} '{tensor.Name}'", tensor.ElementType, 100);
            if (!names.Add(tensor.Name))
                throw new InvalidDefinitionException($"The signature's {what} '{NameRules.Shown(tensor.Name)}' stands twice.");
            if (tensor.Shape.Count > RegistryLimits.Dimensions)
                throw new InvalidDefinitionException($"The signature's {what} '{tensor.Name}' has more than the {RegistryLimits.Dimensions} dimensions that are allowed.");
            foreach (var dimension in tensor.Shape)
                NameRules.Text($"A dimension of {what} '{tensor.Name}'", dimension, RegistryLimits.FieldNameLength);
        }
    }

    private static void CheckMetrics(IReadOnlyDictionary<string, double>? metrics)
    {
        if (metrics is null)
            throw new InvalidDefinitionException("The draft's metrics are null. Pass an empty dictionary instead.");
        if (metrics.Count > RegistryLimits.Metrics)
            throw new InvalidDefinitionException($"The draft has more than the {RegistryLimits.Metrics} metrics that are allowed.");
        foreach (var name in metrics.Keys)
            NameRules.Field("Metric", name);
    }
}
