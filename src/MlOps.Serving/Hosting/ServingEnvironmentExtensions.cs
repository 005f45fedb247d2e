using MlOps.Serving;

namespace MlOps;

/// <summary>What serving adds to an environment.</summary>
public static class ServingEnvironmentExtensions
{
    /// <summary>What serving adds to an environment.</summary>
    /// <param name="environment">The environment.</param>
    extension(IMlOpsEnvironment environment)
    {
        /// <summary>The endpoints of this environment.</summary>
        public IEndpoints Endpoints => environment.Get<IEndpoints>();

        /// <summary>The model versions that this process holds in memory.</summary>
        public IServedModels ServedModels => environment.Get<IServedModels>();

        /// <summary>Batch scoring and the predictions that it stored.</summary>
        public IBatchScoring Scoring => environment.Get<IBatchScoring>();

        /// <summary>Finds how models are served best on this machine.</summary>
        public IModelTuner Tuner => environment.Get<IModelTuner>();

        /// <summary>Puts model versions behind the endpoints.</summary>
        public IModelDeployer Deployer => environment.Get<IModelDeployer>();

        /// <summary>The trials of model files in child processes, and the quarantine of those that failed.</summary>
        public IModelTrials ModelTrials => environment.Get<IModelTrials>();
    }
}
