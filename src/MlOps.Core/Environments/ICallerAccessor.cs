using System.Security.Claims;

namespace MlOps;

/// <summary>Knows who is calling, so that audit records and permission checks can name them.</summary>
public interface ICallerAccessor
{
    /// <summary>The caller of the current asynchronous flow; the process itself when nobody was set.</summary>
    ClaimsPrincipal Current { get; }

    /// <summary>The caller's name for records; never empty.</summary>
    string Name { get; }

    /// <summary>Runs what follows in this asynchronous flow as somebody else, until the result is disposed.</summary>
    /// <param name="principal">Who is calling.</param>
    /// <returns>A scope that restores the former caller.</returns>
    IDisposable ActAs(ClaimsPrincipal principal);
}
