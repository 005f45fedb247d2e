using MlOps.Monitoring;

namespace MlOps;

/// <summary>What monitoring adds to an environment.</summary>
public static class MonitoringEnvironmentExtensions
{
    extension(IMlOpsEnvironment environment)
    {
        /// <summary>The monitors of this environment.</summary>
        public IMonitors Monitors => environment.Get<IMonitors>();
    }
}
