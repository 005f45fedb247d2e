namespace MlOps.AspNetCore;

/// <summary>Who may use a route. Every route that <c>MapMlOps</c> adds bears one of these as metadata.</summary>
public enum AccessPolicy
{
    /// <summary>Callers with an API key of the environment; without keys nobody outside Development.</summary>
    Key = 0,

    /// <summary>Everybody: says only whether the server lives and is ready.</summary>
    Public = 1,
}
