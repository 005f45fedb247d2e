namespace MlOps.Serving;

/// <summary>Finds how a model is served best on this machine. Stateless and thread-safe, but measurements beside each other disturb each other.</summary>
public interface IModelTuner
{
    /// <summary>Tries settings on this machine, far fewer than the full grid, and chooses.</summary>
    /// <param name="request">What to tune, and for what.</param>
    /// <param name="progress">Is told what is being done.</param>
    /// <param name="cancellationToken">Cancels between measurements.</param>
    /// <returns>The settings and what was measured.</returns>
    /// <exception cref="InvalidInputException">The representative rows are constant or of the wrong width.</exception>
    /// <exception cref="InvalidDefinitionException">The model cannot be loaded or run.</exception>
    Task<TuningResult> TuneAsync(ModelTuningRequest request, IProgress<string>? progress = null, CancellationToken cancellationToken = default);
}
