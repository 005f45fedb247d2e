using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>Loads the ONNX models of one environment after <see cref="ModelAdmission"/>.</summary>
internal sealed class OnnxRuntimeProvider(EnvironmentContext context, ServingOptions options) : IModelRuntimeProvider
{
    public bool CanLoad(ModelVersion version) =>
        version.Find(ModelArtifactKind.Functions, ModelArtifactNames.Predict)?.Content.MediaType == ModelArtifactNames.OnnxMediaType;

    public async ValueTask<IModelRuntime> LoadAsync(ModelVersion version, CancellationToken cancellationToken = default)
    {
        var content = version.Find(ModelArtifactKind.Functions, ModelArtifactNames.Predict)!.Content;
        if (content.Size > options.Admission.MaximumBytes)
            throw new InvalidInputException($"The model file of {version.Ref} has {content.Size} bytes; at most {options.Admission.MaximumBytes} are loaded.");
        var path = await context.Artifacts.GetLocalPathAsync(content.ParsedDigest, cancellationToken).ConfigureAwait(false);
        try
        {
            var bytes = ModelAdmission.Admit(path, context.Directory, content, options.Admission, context.Files);
            return OnnxModelRuntime.Load(bytes, options.Tuned.GetValueOrDefault(version.Ref.Model)?.Runtime ?? options.Runtime, version.Ref.ToString());
        }
        catch (InvalidInputException e)
        {
            throw new InvalidDefinitionException($"The model file of {version.Ref} is refused: {e.Message}", e);
        }
    }
}
