namespace MlOps.Registry;

/// <summary>
/// A layout in a directory. Symbolic links within it are refused. What is empty is never opened: that keeps pipes and devices, whose length is 0, from being
/// waited for.
/// </summary>
internal sealed class DirectoryLayoutSource(IFileSystem files, string directory) : ILayoutSource
{
    public long? FindLength(string name)
    {
        var path = Locate(name);
        try
        {
            return files.FileExists(path) ? files.FileLength(path) : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"'{name}' of the layout cannot be read: {error.Message}", error);
        }
    }

    public Stream OpenRead(string name)
    {
        var path = Locate(name);
        try
        {
            return files.FileLength(path) == 0 ? new MemoryStream([], writable: false) : files.OpenRead(path);
        }
        catch (FileNotFoundException error)
        {
            throw new CorruptDataException($"'{name}' vanished from the layout while it was read. Import again when nobody changes it.", error);
        }
    }

    public void Dispose()
    {
    }

    private string Locate(string name)
    {
        var path = directory;
        foreach (var part in name.Split('/'))
        {
            path = Path.Combine(path, part);
            if (new FileInfo(path).LinkTarget is not null)
                throw new InvalidInputException($"'{name}' of the layout is, or lies below, a symbolic link. Copy the layout without links (cp -rL), then import the copy.");
        }

        return path;
    }
}
