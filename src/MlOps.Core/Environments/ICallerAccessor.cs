using System.Security.Claims;

namespace MlOps;

/// <summary>Knows who is calling, so that audit records and permission checks can name them.</summary>
public interface ICallerAccessor
{
    /// <summary>The caller of the current asynchronous flow; the process itself when nobody was set.</summary>
    ClaimsPrincipal Current { get; }

    /// <summary>The caller's name for records; never empty.</summary>
    string Name { get; }

    /// <summary>Whether nobody was set, so that the process acts for itself: hosted workers, schedulers, start-up.</summary>
    /// <value>Default: false; what does not know counts as an ordinary caller.</value>
    bool IsProcess => false;

    /// <summary>Runs what follows in this asynchronous flow as somebody else, until the result is disposed.</summary>
    /// <param name="principal">Who is calling.</param>
    /// <returns>A scope that restores the former caller.</returns>
    IDisposable ActAs(ClaimsPrincipal principal);

    /// <summary>
    /// Runs what follows in this asynchronous flow with the permissions of the process, still in the caller's name: for the work of an
    /// engine after the caller's own permission was asked, as a promotion's after it was requested.
    /// </summary>
    /// <returns>A scope that restores the former caller.</returns>
    IDisposable ActForProcess() => ActAs(Current);
}
