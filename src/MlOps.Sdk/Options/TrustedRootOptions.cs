namespace MlOps;

/// <summary>A root certificate under which signatures count.</summary>
public sealed class TrustedRootOptions
{
    /// <summary>The certificate: PEM text, or the path of a PEM file.</summary>
    /// <value>Default: empty; must be set.</value>
    public string Certificate { get; set; } = "";

    /// <summary>Whose signatures count: distinguished names, common names, or e-mail addresses, URIs and DNS names of the certificate's subject.</summary>
    /// <value>Default: empty, everybody under the root.</value>
    public List<string> Subjects { get; set; } = [];
}
