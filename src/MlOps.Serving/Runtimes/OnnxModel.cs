namespace MlOps.Serving;

/// <summary>Loads ONNX models that are in no registry: for ensembles made in code, tools and benchmarks.</summary>
public static class OnnxModel
{
    /// <summary>Loads a model after the same checks as a registered one.</summary>
    /// <param name="model">The file's bytes.</param>
    /// <param name="options">How; null means the defaults.</param>
    /// <param name="name">The model's name for messages.</param>
    /// <param name="admission">What the file may contain; null means the defaults.</param>
    /// <returns>The model; dispose it.</returns>
    /// <exception cref="InvalidDefinitionException">The options are wrong, or ONNX Runtime refuses the model.</exception>
    /// <exception cref="InvalidInputException">The file is not let in.</exception>
    public static IModelRuntime Load(byte[] model, OnnxRuntimeOptions? options = null, string name = "the model", ModelAdmissionOptions? admission = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ModelAdmission.Check(model, admission ?? new ModelAdmissionOptions());
        return OnnxModelRuntime.Load(model, options ?? new OnnxRuntimeOptions(), name);
    }
}
