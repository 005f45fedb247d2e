namespace MlOps.Registry;

/// <summary>How the files of a model's directory are listed for signing and verifying.</summary>
public sealed record DirectorySigningOptions
{
    /// <summary>Paths relative to the directory, with forward slashes, that are left out with all below them.</summary>
    /// <value>Default: <c>model.sig</c> and git's own files.</value>
    public IReadOnlyList<string> IgnorePaths { get; init; } = ["model.sig", ".git", ".gitattributes", ".github", ".gitignore"];

    /// <summary>Whether links to files inside the directory are followed when signing; otherwise a link is refused. Verifying goes by what was signed.</summary>
    /// <value>Default: false.</value>
    public bool AllowSymlinks { get; init; }

    /// <summary>The moment at which certificates must be valid when verifying; null for now.</summary>
    /// <value>Default: null.</value>
    public DateTimeOffset? At { get; init; }

    /// <summary>The clock behind "now".</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
