using MlOps.Registry;

namespace MlOps;

/// <summary>What the registry adds to an environment.</summary>
public static class RegistryEnvironmentExtensions
{
    /// <summary>What the registry adds to an environment.</summary>
    /// <param name="environment">The environment.</param>
    extension(IMlOpsEnvironment environment)
    {
        /// <summary>The models of this environment.</summary>
        public IModelRegistry Models => environment.Get<IModelRegistry>();

        /// <summary>The experiments of this environment.</summary>
        public IExperiments Experiments => environment.Get<IExperiments>();

        /// <summary>The signatures of the model versions of this environment.</summary>
        public IModelSignatures Signatures => environment.Get<IModelSignatures>();

        /// <summary>Export and import of the model versions of this environment.</summary>
        public IModelBundles Bundles => environment.Get<IModelBundles>();

        /// <summary>The lineage of this environment.</summary>
        public ILineage Lineage => environment.Get<ILineage>();
    }
}
