namespace MlOps.AspNetCore;

/// <summary>How one environment is served over HTTP.</summary>
public sealed class HttpEnvironmentOptions
{
    /// <summary>What stands before <c>/v2</c> in its addresses.</summary>
    /// <value>Default: null: nothing for the default environment, <c>/environments/NAME</c> for the others.</value>
    public string? Prefix { get; set; }

    /// <summary>
    /// Who may call: the SHA-256 of each API key in hexadecimal (see <see cref="ApiKeys.Hash"/>), by a name of your choice. A key opens
    /// this environment only.
    /// </summary>
    /// <value>Default: empty, nobody outside Development.</value>
    public Dictionary<string, string> ApiKeys { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether requests without a key are answered.</summary>
    /// <value>Default: null: only in Development, and only while no key is set.</value>
    public bool? AllowAnonymous { get; set; }

    /// <summary>Inference requests per second that each key (and everybody without one together) may send on average.</summary>
    /// <value>Default: 0, without limit.</value>
    public double RequestsPerSecond { get; set; }

    /// <summary>Inference requests that may come at once before the rate is enforced.</summary>
    /// <value>Default: 0, as many as one second allows.</value>
    public int Burst { get; set; }
}
