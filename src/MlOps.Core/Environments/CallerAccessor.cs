using System.Security.Claims;

namespace MlOps;

/// <summary>Keeps the caller in the asynchronous flow. Without one, the caller is the operating-system account of the process.</summary>
public sealed class CallerAccessor : ICallerAccessor
{
    private readonly AsyncLocal<ClaimsPrincipal?> _current = new();
    private readonly ClaimsPrincipal _process = Named("process:" + Environment.UserName);

    /// <inheritdoc />
    public ClaimsPrincipal Current => _current.Value ?? _process;

    /// <inheritdoc />
    public string Name => Current.Identity?.Name is { Length: > 0 } name ? name : "anonymous";

    /// <summary>A principal that has only a name.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The principal.</returns>
    public static ClaimsPrincipal Named(string name) =>
        new(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], "MlOps"));

    /// <inheritdoc />
    public IDisposable ActAs(ClaimsPrincipal principal)
    {
        ArgumentNullException.ThrowIfNull(principal);
        var former = _current.Value;
        _current.Value = principal;
        return new Scope(this, former);
    }

    private sealed class Scope(CallerAccessor owner, ClaimsPrincipal? former) : IDisposable
    {
        public void Dispose() => owner._current.Value = former;
    }
}
