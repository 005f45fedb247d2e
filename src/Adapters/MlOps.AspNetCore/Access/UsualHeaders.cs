using Microsoft.AspNetCore.Http;

namespace MlOps.AspNetCore;

/// <summary>Tells cheaply that a request has none of the headers that have to be looked up by name, each of which costs more than a row's prediction may.</summary>
internal static class UsualHeaders
{
    /// <summary>Whether there are no headers but those that most clients send. False does not say that there are others.</summary>
    public static bool AreAll(IHeaderDictionary headers)
    {
        // The server keeps these in fields; the number of all headers shows whether there are more.
        var more = headers.Count;
        if (headers.Host.Count > 0)
            more--;
        if (headers.ContentType.Count > 0)
            more--;
        if (headers.ContentLength is not null)
            more--;
        if (more > 0 && headers.UserAgent.Count > 0)
            more--;
        if (more > 0 && headers.Accept.Count > 0)
            more--;
        if (more > 0 && headers.AcceptEncoding.Count > 0)
            more--;
        if (more > 0 && headers.Connection.Count > 0)
            more--;
        if (more > 0 && headers.Authorization.Count > 0)
            more--;
        if (more > 0 && headers.TraceParent.Count > 0)
            more--;
        return more == 0;
    }
}
