namespace MlOps.Orchestration;

/// <summary>Marks a failure of the store as different from a failure of the step whose end was to be committed.</summary>
internal sealed class CommitRefusedException(Exception cause) : Exception(cause.Message, cause);
