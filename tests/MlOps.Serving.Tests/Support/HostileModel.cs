namespace MlOps.Serving.Tests;

/// <summary>A crafted file.</summary>
/// <param name="Name">What it tries.</param>
/// <param name="File">Its bytes.</param>
/// <param name="Fate">What must become of it.</param>
internal sealed record HostileModel(string Name, byte[] File, HostileFate Fate);

/// <summary>What must become of a crafted file.</summary>
internal enum HostileFate
{
    /// <summary>The walk over the file refuses it.</summary>
    Walk,

    /// <summary>The walk or the trial refuses it.</summary>
    Refused,

    /// <summary>It may pass; then the host loads and runs it unharmed.</summary>
    Survived,
}
