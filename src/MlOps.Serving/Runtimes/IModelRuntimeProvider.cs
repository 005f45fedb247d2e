using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>Loads model versions of one kind. Registered as a service keyed by environment; ONNX models are loaded without one.</summary>
public interface IModelRuntimeProvider
{
    /// <summary>Whether this provider loads a version.</summary>
    /// <param name="version">The version.</param>
    /// <returns>True when it does.</returns>
    bool CanLoad(ModelVersion version);

    /// <summary>Loads a version.</summary>
    /// <param name="version">The version.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The model, not yet warm.</returns>
    /// <exception cref="InvalidDefinitionException">It cannot be loaded.</exception>
    ValueTask<IModelRuntime> LoadAsync(ModelVersion version, CancellationToken cancellationToken = default);
}
