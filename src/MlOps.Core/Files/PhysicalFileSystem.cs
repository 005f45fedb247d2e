namespace MlOps.Files;

/// <summary>
/// The local disk. Flushes are <c>fdatasync</c> and <c>fsync</c> on Linux, <c>F_FULLFSYNC</c> on macOS and
/// <c>FlushFileBuffers</c> on Windows, and their errors are reported. Thread-safe.
/// </summary>
public sealed class PhysicalFileSystem : IFileSystem
{
    /// <inheritdoc />
    public IDurableFile CreateNew(string path) => new PhysicalFile(path, FileMode.CreateNew);

    /// <inheritdoc />
    public IDurableFile OpenAppend(string path) => new PhysicalFile(path, FileMode.OpenOrCreate);

    /// <inheritdoc />
    public Stream OpenRead(string path)
    {
        try
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 1 << 16,
                Options = FileOptions.SequentialScan,
            });
        }
        catch (DirectoryNotFoundException exception)
        {
            throw new FileNotFoundException(exception.Message, path, exception);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or (IOException and not FileNotFoundException))
        {
            throw StorageErrors.From("open for reading", path, exception);
        }
    }

    /// <inheritdoc />
    public bool Publish(string temporaryPath, string finalPath)
    {
        var error = OperatingSystem.IsWindows()
            ? WindowsCalls.RenameToFreeName(temporaryPath, finalPath, out var taken)
            : PosixCalls.RenameToFreeName(temporaryPath, finalPath, out taken);
        if (error == 0)
            return true;
        if (!taken)
            throw StorageErrors.FromCode($"publish '{temporaryPath}' as", finalPath, error);
        Delete(temporaryPath);
        return false;
    }

    /// <inheritdoc />
    public void Replace(string temporaryPath, string finalPath)
    {
        var error = OperatingSystem.IsWindows() ? WindowsCalls.RenameOver(temporaryPath, finalPath) : PosixCalls.RenameOver(temporaryPath, finalPath);
        if (error != 0)
            throw StorageErrors.FromCode($"rename '{temporaryPath}' over", finalPath, error);
    }

    /// <inheritdoc />
    public void FlushDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
            return;
        var error = PosixCalls.SyncDirectory(directory);
        if (error != 0)
            throw StorageErrors.FromCode("make durable (fsync) the directory", directory, error);
    }

    /// <inheritdoc />
    public void CreateDirectory(string directory)
    {
        var missing = new Stack<string>();
        for (var at = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)); at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at))
            missing.Push(at);
        foreach (var at in missing)
        {
            try
            {
                Directory.CreateDirectory(at);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw StorageErrors.From("create the directory", at, exception);
            }

            if (Path.GetDirectoryName(at) is { } parent)
                FlushDirectory(parent);
        }
    }

    /// <inheritdoc />
    public void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing to remove.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.From("delete", path, exception);
        }
    }

    /// <inheritdoc />
    public bool FileExists(string path) => File.Exists(path);

    /// <inheritdoc />
    public long FileLength(string path) => new FileInfo(path).Length;

    /// <inheritdoc />
    public DateTimeOffset LastWriteTime(string path)
    {
        var file = new FileInfo(path);
        return file.Exists
            ? new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero)
            : throw new FileNotFoundException($"There is no file '{path}'.", path);
    }

    /// <inheritdoc />
    public void Touch(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            try
            {
                File.SetLastWriteTimeUtc(path, TimeProvider.System.GetUtcNow().UtcDateTime);
            }
            catch (DirectoryNotFoundException exception)
            {
                throw new FileNotFoundException(exception.Message, path, exception);
            }
            catch (Exception exception) when (exception is UnauthorizedAccessException or (IOException and not FileNotFoundException))
            {
                throw StorageErrors.From("touch", path, exception);
            }

            return;
        }

        var error = PosixCalls.Touch(path);
        if (error == PosixCalls.Absent)
            throw new FileNotFoundException($"There is no file '{path}'.", path);
        if (error != 0)
            throw StorageErrors.FromCode("touch", path, error);
    }

    /// <inheritdoc />
    public bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;

    /// <inheritdoc />
    public IReadOnlyList<string> ListFiles(string directory, bool recursive = false)
    {
        try
        {
            var files = Directory.GetFiles(directory, "*", new EnumerationOptions
            {
                RecurseSubdirectories = recursive,
                IgnoreInaccessible = false,
                AttributesToSkip = 0,
            });
            Array.Sort(files, StringComparer.Ordinal);
            return files;
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.From("list", directory, exception);
        }
    }
}
