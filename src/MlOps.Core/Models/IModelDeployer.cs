namespace MlOps;

/// <summary>Puts model versions behind the endpoints of one environment, so that promotion can deploy without knowing serving. Thread-safe, and idempotent: a killed promotion calls again.</summary>
public interface IModelDeployer
{
    /// <summary>Loads a version, warms it up and replays its input example, without giving it traffic.</summary>
    /// <param name="version">The version.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was found.</returns>
    ValueTask<DeploymentCheck> VerifyAsync(ModelVersionRef version, CancellationToken cancellationToken = default);

    /// <summary>Gives a version a share of its model's traffic. Requests in flight finish on the version that they began with.</summary>
    /// <param name="version">The version.</param>
    /// <param name="share">1 for all traffic; below 1 it becomes a canary beside what serves now.</param>
    /// <param name="reason">Why; goes into the audit trail.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The traffic before, in a form that <see cref="RestoreAsync"/> takes; null when the model was not served.</returns>
    ValueTask<string?> DeployAsync(ModelVersionRef version, double share, string reason, CancellationToken cancellationToken = default);

    /// <summary>Brings back the traffic as it was.</summary>
    /// <param name="model">The model.</param>
    /// <param name="traffic">What <see cref="DeployAsync"/> returned; null ends serving of the model.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when it is durable.</returns>
    ValueTask RestoreAsync(string model, string? traffic, string reason, CancellationToken cancellationToken = default);
}
