using Microsoft.Extensions.Logging;
using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>Loads the ONNX models of one environment after <see cref="ModelAdmission"/>.</summary>
internal sealed class OnnxRuntimeProvider(EnvironmentContext context, ServingOptions options, ModelAdmission admission, ServingMetrics? metrics = null) : IModelRuntimeProvider
{
    private readonly ILogger _logger = context.LoggerFactory.CreateLogger<OnnxRuntimeProvider>();

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
            var example = version.Artifacts.FirstOrDefault(candidate => candidate.Name == ModelArtifactNames.InputExample)?.Content;
            var examplePath = example is null ? null : await context.Artifacts.GetLocalPathAsync(example.ParsedDigest, cancellationToken).ConfigureAwait(false);
            var bytes = await admission.AdmitAsync(path, content, examplePath, cancellationToken).ConfigureAwait(false);
            var subject = version.Ref.ToString();
            return OnnxModelRuntime.Load(
                bytes, options.Tuned.GetValueOrDefault(version.Ref.Model)?.Runtime ?? options.Runtime, subject, context.Files, _logger, (device, _) => metrics?.DeviceFallBack(subject, device));
        }
        catch (InvalidInputException e)
        {
            throw new InvalidDefinitionException($"The model file of {version.Ref} is refused: {e.Message}", e);
        }
    }
}
