namespace MlOps.Build;

/// <summary>A failure whose message is all that the user needs.</summary>
public sealed class BuildException(string message) : Exception(message);
