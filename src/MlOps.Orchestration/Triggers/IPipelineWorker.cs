namespace MlOps.Orchestration;

/// <summary>Does what waits in one environment: events that triggers listen to, runs whose host has died, promotions to go on with. Thread-safe.</summary>
public interface IPipelineWorker
{
    /// <summary>Does everything that waits now and returns when it is done; for hosts without background services.</summary>
    /// <param name="cancellationToken">Stops; what was begun goes on later.</param>
    /// <returns>How many runs and promotions were worked on.</returns>
    ValueTask<int> ProcessPendingAsync(CancellationToken cancellationToken = default);

    /// <summary>Works until cancelled. Checks the pipelines first.</summary>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>A task that ends after the stop.</returns>
    /// <exception cref="InvalidDefinitionException">Some pipelines are wrong; all mistakes are listed.</exception>
    Task RunAsync(CancellationToken cancellationToken = default);
}
