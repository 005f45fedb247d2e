using Microsoft.AspNetCore.Http;

namespace MlOps.AspNetCore;

/// <summary>Tells cheaply whether a request can have headers that must be looked up by name: each look-up costs a noticeable part of an answer to a row.</summary>
internal static class UsualHeaders
{
    /// <summary>At most so many headers are others than those that most clients send; 0 says that there are none.</summary>
    public static int CountOthers(IHeaderDictionary headers)
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
        return more;
    }
}
