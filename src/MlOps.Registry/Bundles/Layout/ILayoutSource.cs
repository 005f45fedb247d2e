namespace MlOps.Registry;

/// <summary>The files of a layout to be imported, by their names within it. Only files that are asked for are looked at.</summary>
internal interface ILayoutSource : IDisposable
{
    /// <summary>The length of a file; null when there is none.</summary>
    /// <exception cref="InvalidInputException">The name is taken by something that is not a plain file.</exception>
    long? FindLength(string name);

    /// <summary>Opens a file that is there. One at a time.</summary>
    Stream OpenRead(string name);
}
