using System.Net;
using Microsoft.AspNetCore.Http;

namespace MlOps.AspNetCore;

/// <summary>
/// Which names a request may call this server by, and which pages may send requests: a page that has made its own name point here (DNS
/// rebinding) names itself in the Host header.
/// </summary>
internal sealed class HostList(IEnumerable<string> hosts, IEnumerable<string> origins)
{
    private readonly string[] _hosts = [.. hosts.Select(host => host.Trim().ToLowerInvariant()).Where(host => host.Length > 0)];
    private readonly string[] _origins = [.. origins.Select(origin => origin.Trim().TrimEnd('/').ToLowerInvariant()).Where(origin => origin.Length > 0)];
    private string? _lastAllowed;

    public bool AllowsHost(string? host)
    {
        if (string.IsNullOrEmpty(host))
            return false;
        if (string.Equals(host, Volatile.Read(ref _lastAllowed), StringComparison.Ordinal))
            return true;
        if (!Matches(new HostString(host).Host))
            return false;
        Volatile.Write(ref _lastAllowed, host);
        return true;
    }

    /// <summary>Whether a page of this origin may send requests to this host.</summary>
    public bool AllowsOrigin(string origin, string scheme, string host) =>
        string.Equals(origin, $"{scheme}://{host}", StringComparison.OrdinalIgnoreCase) || _origins.Contains(origin.ToLowerInvariant()) || _origins.Contains("*");

    private bool Matches(string name)
    {
        if (name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(name.Trim('[', ']'), out _))
            return true;
        var lower = name.ToLowerInvariant();
        foreach (var host in _hosts)
        {
            if (host == "*" || host == lower || (host.StartsWith("*.", StringComparison.Ordinal) && lower.Length > host.Length - 1 && lower.EndsWith(host[1..], StringComparison.Ordinal)))
                return true;
        }

        return false;
    }
}
