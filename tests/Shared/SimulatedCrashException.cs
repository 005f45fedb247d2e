namespace MlOps.Testing;

/// <summary>The simulated process has died inside a call; nothing that it would have done afterwards happens.</summary>
internal sealed class SimulatedCrashException() : Exception("The simulated process has crashed.");
