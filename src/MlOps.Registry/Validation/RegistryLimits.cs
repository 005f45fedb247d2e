namespace MlOps.Registry;

/// <summary>The bounds that the registry and the experiments set on what they store. A larger value is refused with a message that names the field and the bound.</summary>
public static class RegistryLimits
{
    /// <summary>Characters of a model's or experiment's name.</summary>
    public const int ModelNameLength = 100;

    /// <summary>Characters of an artifact's name within its kind.</summary>
    public const int ArtifactNameLength = 200;

    /// <summary>Characters of the name of a metric, a parameter, a tag, an input or a run's artifact.</summary>
    public const int FieldNameLength = 250;

    /// <summary>Characters of a tag's value.</summary>
    public const int TagValueLength = 5_000;

    /// <summary>Characters of a parameter's value.</summary>
    public const int ParameterValueLength = 6_000;

    /// <summary>Characters of an alias.</summary>
    public const int AliasLength = 100;

    /// <summary>Characters of an idempotency key.</summary>
    public const int KeyLength = 250;

    /// <summary>Characters of a reason.</summary>
    public const int ReasonLength = 2_000;

    /// <summary>Characters of a description (model card).</summary>
    public const int DescriptionLength = 200_000;

    /// <summary>Characters of a run's stored error.</summary>
    public const int ErrorLength = 20_000;

    /// <summary>Artifacts of a version or of a run.</summary>
    public const int Artifacts = 1_000;

    /// <summary>Metrics of a version, and different metrics of a run.</summary>
    public const int Metrics = 2_000;

    /// <summary>Tags of a version or of a run.</summary>
    public const int Tags = 200;

    /// <summary>Tags that one call sets or removes.</summary>
    internal const int TagChanges = 1_000;

    /// <summary>Parameters of a run.</summary>
    public const int Parameters = 2_000;

    /// <summary>Inputs and outputs of a signature, each.</summary>
    public const int Tensors = 500;

    /// <summary>Dimensions of a tensor.</summary>
    public const int Dimensions = 32;

    /// <summary>Named features of a signature.</summary>
    public const int Features = 20_000;

    /// <summary>Runs within runs, counted from the outermost one.</summary>
    public const int RunDepth = 32;

    /// <summary>Runs compared at once.</summary>
    public const int ComparedRuns = 100;

    /// <summary>Categories of one feature.</summary>
    public const int Categories = 10_000;

    /// <summary>Characters of a signature's description of one feature.</summary>
    public const int SpecDescriptionLength = 2_000;
}
