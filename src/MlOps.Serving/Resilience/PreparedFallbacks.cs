namespace MlOps.Serving;

/// <summary>A fall-back chain whose versions are loaded, for one revision of the traffic.</summary>
internal sealed record PreparedFallbacks(long Revision, PreparedFallback[] Steps);

/// <summary>One step: a version, another endpoint, or the default answer.</summary>
internal sealed record PreparedFallback(Fallback Step, ServedVersion? Version, Endpoint? Peer);
