namespace MlOps.Registry;

/// <summary>Names of artifacts that other packages look for.</summary>
public static class ModelArtifactNames
{
    /// <summary>The function that serving loads; an ONNX model when its media type is <see cref="OnnxMediaType"/>.</summary>
    public const string Predict = "predict";

    /// <summary>How a request becomes the model's input: the feature service, as JSON.</summary>
    public const string Featurize = "featurize";

    /// <summary>An example input with the expected output, as JSON; replayed as a smoke test at load. Of kind <see cref="ModelArtifactKind.Functions"/>.</summary>
    public const string InputExample = "input-example";

    /// <summary>The distributions of inputs and score at training, with which live data are compared; an experiment artifact.</summary>
    public const string Reference = "reference";

    /// <summary>The evaluation on held-out data with its curves, as JSON; an experiment artifact.</summary>
    public const string Evaluation = "evaluation";

    /// <summary>The media type of ONNX models.</summary>
    public const string OnnxMediaType = "application/onnx";
}
