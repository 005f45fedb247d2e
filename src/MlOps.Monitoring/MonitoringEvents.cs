namespace MlOps.Monitoring;

/// <summary>The events that monitoring records.</summary>
public static class MonitoringEvents
{
    /// <summary>A window drifted; the subject is the endpoint, the data the <see cref="DriftReport"/> as JSON.</summary>
    public const string DriftDetected = "monitoring.drift.detected";
}
