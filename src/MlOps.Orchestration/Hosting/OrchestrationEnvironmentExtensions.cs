using MlOps.Orchestration;

namespace MlOps;

/// <summary>What orchestration adds to an environment.</summary>
public static class OrchestrationEnvironmentExtensions
{
    /// <summary>What orchestration adds to an environment.</summary>
    /// <param name="environment">The environment.</param>
    extension(IMlOpsEnvironment environment)
    {
        /// <summary>The pipelines of this environment.</summary>
        public IPipelines Pipelines => environment.Get<IPipelines>();

        /// <summary>The promotions out of and into this environment.</summary>
        public IPromotions Promotions => environment.Get<IPromotions>();

        /// <summary>Promotes a model version of this environment into the next; see <see cref="IPromotions.PromoteAsync"/>.</summary>
        /// <param name="version">The version.</param>
        /// <param name="to">The environment to promote to.</param>
        /// <param name="options">How; null for the defaults.</param>
        /// <param name="cancellationToken">Cancels the wait.</param>
        /// <returns>The promotion: completed, or waiting for approvals.</returns>
        public ValueTask<PromotionRecord> PromoteAsync(ModelVersionRef version, string to, PromotionOptions? options = null, CancellationToken cancellationToken = default) =>
            environment.Get<IPromotions>().PromoteAsync(version, to, options, cancellationToken);
    }
}
