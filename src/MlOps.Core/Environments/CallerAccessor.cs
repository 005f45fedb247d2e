using System.Security.Claims;

namespace MlOps;

/// <summary>Keeps the caller in the asynchronous flow. Without one, the caller is the operating-system account of the process.</summary>
public sealed class CallerAccessor : ICallerAccessor
{
    private readonly AsyncLocal<Caller?> _current = new();
    private readonly ClaimsPrincipal _process = Named("process:" + Environment.UserName);

    /// <inheritdoc />
    public ClaimsPrincipal Current => _current.Value?.Principal ?? _process;

    /// <inheritdoc />
    public string Name => Current.Identity?.Name is { Length: > 0 } name ? name : "anonymous";

    /// <inheritdoc />
    public bool IsProcess => _current.Value is not { ForProcess: false };

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
        _current.Value = new Caller(principal, ForProcess: false);
        return new Scope(this, former);
    }

    /// <inheritdoc />
    public IDisposable ActForProcess()
    {
        var former = _current.Value;
        _current.Value = new Caller(Current, ForProcess: true);
        return new Scope(this, former);
    }

    private sealed record Caller(ClaimsPrincipal Principal, bool ForProcess);

    private sealed class Scope(CallerAccessor owner, Caller? former) : IDisposable
    {
        public void Dispose() => owner._current.Value = former;
    }
}
