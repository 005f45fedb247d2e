namespace MlOps;

/// <summary>
/// The file layer under everything durable. A write is durable only after <see cref="IDurableFile.Flush"/>, and a name only
/// after <see cref="FlushDirectory"/>. Paths are absolute. Errors surface as <see cref="StorageException"/>; a failed flush is
/// fatal for that file: write it anew, never retry the flush. Thread-safe.
/// </summary>
public interface IFileSystem
{
    /// <summary>Creates a file that must not exist (O_EXCL) and opens it for writing.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The open file.</returns>
    IDurableFile CreateNew(string path);

    /// <summary>Opens a file for appending, creating it when absent.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The open file, positioned at its end.</returns>
    IDurableFile OpenAppend(string path);

    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">The file.</param>
    /// <returns>A seekable stream.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    Stream OpenRead(string path);

    /// <summary>Gives a finished, flushed file its final name without ever replacing one that is there (link or renameat2).</summary>
    /// <param name="temporaryPath">The finished file; gone afterwards in either case.</param>
    /// <param name="finalPath">The final name in the same file system.</param>
    /// <returns>False when the final name was taken already.</returns>
    bool Publish(string temporaryPath, string finalPath);

    /// <summary>Renames a finished, flushed file over another, atomically.</summary>
    /// <param name="temporaryPath">The finished file.</param>
    /// <param name="finalPath">The name to replace.</param>
    void Replace(string temporaryPath, string finalPath);

    /// <summary>Makes the names in a directory durable.</summary>
    /// <param name="directory">The directory.</param>
    void FlushDirectory(string directory);

    /// <summary>Creates a directory and its parents, durably. Does nothing when it is there.</summary>
    /// <param name="directory">The directory.</param>
    void CreateDirectory(string directory);

    /// <summary>Removes a file; does nothing when it is absent.</summary>
    /// <param name="path">The file.</param>
    void Delete(string path);

    /// <summary>Whether a file exists.</summary>
    /// <param name="path">The file.</param>
    /// <returns>True when it is there.</returns>
    bool FileExists(string path);

    /// <summary>The length of a file in bytes.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The length.</returns>
    long FileLength(string path);

    /// <summary>When a file was last written, by the file system's own clock.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The moment.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    DateTimeOffset LastWriteTime(string path);

    /// <summary>Makes a file's last write time now, by the file system's own clock, without changing its bytes.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    void Touch(string path);

    /// <summary>Whether the last part of a path is a symbolic link; stores that open by name refuse those.</summary>
    /// <param name="path">The file.</param>
    /// <returns>True for a link, also for one that leads nowhere.</returns>
    bool IsLink(string path) => false;

    /// <summary>The files in a directory, full paths, in ordinal order; empty when the directory is absent.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="recursive">Whether to descend.</param>
    /// <returns>The files.</returns>
    IReadOnlyList<string> ListFiles(string directory, bool recursive = false);
}
