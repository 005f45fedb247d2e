using Microsoft.AspNetCore.Http;

namespace MlOps.AspNetCore;

/// <summary>Decides before anything else whether a request may go on, and answers it when it may not.</summary>
internal sealed class RouteGuard(HostList hosts, KeyTable keys, Draining draining)
{
    private const string KeyHeader = "X-Api-Key";
    private const string Bearer = "Bearer ";

    /// <summary>Whether the request may go on.</summary>
    /// <param name="context">The request.</param>
    /// <param name="route">The route that it found.</param>
    /// <param name="infers">Whether it asks a model: such requests count against the rate, and are refused once the host stops.</param>
    public bool Admits(HttpContext context, MlOpsRouteMetadata route, bool infers)
    {
        var others = int.MaxValue;
        return Admits(context, route, infers, ref others, out _);
    }

    /// <summary>The same, and says who asks: the name of the key, or null for nobody in particular.</summary>
    /// <param name="context">The request.</param>
    /// <param name="route">The route that it found.</param>
    /// <param name="infers">Whether it asks a model.</param>
    /// <param name="others">How many headers may still have to be looked up (<see cref="UsualHeaders"/>); less by those found.</param>
    /// <param name="name">Who asks.</param>
    public bool Admits(HttpContext context, MlOpsRouteMetadata route, bool infers, ref int others, out string? name)
    {
        name = null;
        var headers = context.Request.Headers;
        var host = headers.Host;
        if (host.Count != 1 || !hosts.AllowsHost(host[0]))
            return Refuse(context, 400, "The Host header names no host that this server answers for. Its operator allows hosts in MlOps:Http:AllowedHosts.");
        if (others > 0 && headers.Origin is { Count: > 0 } origin && (origin.Count > 1 || !hosts.AllowsOrigin(origin[0]!, context.Request.Scheme, host[0]!)))
            return Refuse(context, 403, "Pages of this origin may not send requests. The server's operator allows origins in MlOps:Http:AllowedOrigins.");

        // Kestrel takes a body with both framings and renames the length: what stands between may have read it otherwise.
        if (others > 0 && headers.TransferEncoding.Count > 0 && headers.ContainsKey("X-Content-Length"))
        {
            Refuse(context, 400, "The request has both a Content-Length and a Transfer-Encoding.");
            context.Response.Headers.Connection = "close";
            return false;
        }

        if (!Answers(route.Methods, context.Request.Method))
        {
            Refuse(context, 405, $"This address answers {string.Join(" and ", route.Methods)}.");
            context.Response.Headers.Allow = string.Join(", ", route.Methods);
            return false;
        }

        if (route.Policy == AccessPolicy.Public)
            return true;
        var caller = Identify(headers, ref others, out var given);
        if (caller is null)
        {
            return Refuse(context, 401, keys.IsClosed
                ? "This environment has no API key, so that nobody may call it. Its operator sets one in MlOps:Environments:NAME:Http:ApiKeys."
                : given ? "The API key does not open this environment." : $"Send an API key of this environment in the header {KeyHeader}, or as a bearer token.");
        }

        name = caller == keys.Anonymous ? null : caller.Name;
        if (!infers)
            return true;
        if (draining.HasStopped)
        {
            HttpAnswers.Error(context, 503, "The server is stopping.", TimeSpan.FromSeconds(1));
            context.Response.Headers.Connection = "close";
            return false;
        }

        if (caller.TryAcquire(out var retryAfter))
            return true;
        HttpAnswers.Error(context, 429, "This key has sent more requests than it may.", retryAfter);
        return false;
    }

    private static bool Answers(IReadOnlyList<string> methods, string method)
    {
        for (var i = 0; i < methods.Count; i++)
        {
            if (string.Equals(methods[i], method, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    private static bool Refuse(HttpContext context, int status, string message)
    {
        HttpAnswers.Error(context, status, message);
        return false;
    }

    private KeyTable.Caller? Identify(IHeaderDictionary headers, ref int others, out bool given)
    {
        given = true;
        if (others > 0 && headers.TryGetValue(KeyHeader, out var key))
        {
            others--;
            return key.Count == 1 ? keys.Find(key[0]) : null;
        }

        if (headers.Authorization is { Count: > 0 } authorization)
            return authorization.Count == 1 && authorization[0]!.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? keys.Find(authorization[0].AsSpan(Bearer.Length).Trim()) : null;
        given = false;
        return keys.Anonymous;
    }
}
