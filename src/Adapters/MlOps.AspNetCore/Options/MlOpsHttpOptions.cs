namespace MlOps.AspNetCore;

/// <summary>How endpoints are served over HTTP: the section <c>MlOps:Http</c>, then what code sets.</summary>
public sealed class MlOpsHttpOptions
{
    /// <summary>The name of the configuration section.</summary>
    public const string SectionName = "MlOps:Http";

    /// <summary>The environments to serve, by name; settings of one environment are also read from <c>MlOps:Environments:NAME:Http</c>.</summary>
    /// <value>Default: empty, all declared environments.</value>
    public Dictionary<string, HttpEnvironmentOptions> Environments { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The host names that requests may name in their <c>Host</c> header, without port; <c>*.example.com</c> covers subdomains and <c>*</c>
    /// everything. IP addresses and <c>localhost</c> are always allowed: no foreign page can take their name.
    /// </summary>
    /// <value>Default: empty.</value>
    public List<string> AllowedHosts { get; } = [];

    /// <summary>The origins of web pages that may send requests, for instance <c>https://app.example.com</c>.</summary>
    /// <value>Default: empty, pages of the host itself only.</value>
    public List<string> AllowedOrigins { get; } = [];

    /// <summary>The most bytes of a request's body.</summary>
    /// <value>Default: 16 MiB.</value>
    public int MaximumBodyBytes { get; set; } = 16 << 20;

    /// <summary>The most elements of all tensors of a request together.</summary>
    /// <value>Default: 4,194,304.</value>
    public int MaximumElements { get; set; } = 4 << 20;

    /// <summary>The most inputs of a request, and the most outputs that it may ask for.</summary>
    /// <value>Default: 64.</value>
    public int MaximumTensors { get; set; } = 64;

    /// <summary>How deep the JSON of a request may nest.</summary>
    /// <value>Default: 16.</value>
    public int MaximumDepth { get; set; } = 16;

    /// <summary>
    /// How long a stopping host says that it is not ready, while it answers, before it stops to listen: the time that a load balancer needs
    /// to notice. Takes <c>services.AddMlOpsHttp()</c>.
    /// </summary>
    /// <value>Default: zero.</value>
    public TimeSpan DrainTime { get; set; }
}
