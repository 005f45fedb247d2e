namespace MlOps.Orchestration;

/// <summary>Another host took the work over; nothing of this owner takes effect any more.</summary>
internal sealed class LeaseLostException(string what) : Exception($"{what} was taken over by another host.");
