using System.Security.Claims;

namespace MlOps.Features;

/// <summary>
/// Keeps a source that was opened for one caller from answering another who may not read: the caller of the moment is compared with the one
/// that was asked for last, which allocates nothing. A source that the process opened is the process's own, whoever reads through it. Thread-safe.
/// </summary>
internal sealed class SourceGuard(ICallerAccessor caller, Action ask)
{
    private volatile Asked _last = new(caller.Current, caller.IsProcess);

    public void Require()
    {
        var last = _last;
        if (ReferenceEquals(last.Principal, caller.Current) && last.IsProcess == caller.IsProcess)
            return;
        ask();
        _last = new Asked(caller.Current, caller.IsProcess);
    }

    private sealed record Asked(ClaimsPrincipal Principal, bool IsProcess);
}
