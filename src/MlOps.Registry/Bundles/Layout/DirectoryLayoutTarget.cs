using System.Buffers;

namespace MlOps.Registry;

/// <summary>A layout as a directory: written under a temporary name beside it, flushed, and renamed without ever replacing anything.</summary>
internal sealed class DirectoryLayoutTarget : ILayoutTarget, IDisposable
{
    private readonly IFileSystem _files;
    private readonly string _final;
    private readonly string _parent;
    private readonly string _temporary;
    private readonly string _blobs;
    private readonly List<string> _written = [];
    private bool _published;

    public DirectoryLayoutTarget(IFileSystem files, string directory)
    {
        _files = files;
        _final = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        _parent = Path.GetDirectoryName(_final) ?? throw new InvalidInputException($"'{directory}' is the root of a file system. Name a directory to be made.");
        RequireFree();
        // The name says to whom a leftover of a killed export belongs.
        _temporary = Path.Combine(_parent, $".{Path.GetFileName(_final)}.{Guid.NewGuid():N}.export");
        _blobs = Path.Combine(_temporary, "blobs", "sha256");
        try
        {
            _files.CreateDirectory(_blobs);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public async ValueTask AddAsync(string name, Stream content, long size, CancellationToken cancellationToken)
    {
        var path = Path.Combine(_temporary, name.Replace('/', Path.DirectorySeparatorChar));
        _written.Add(path);
        using var file = _files.CreateNew(path);
        var buffer = ArrayPool<byte>.Shared.Rent(128 << 10);
        try
        {
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
                file.Write(buffer.AsSpan(0, read));
            BundlePlan.RequireSize(name, file.Length, size);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        file.Flush();
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _files.FlushDirectory(_blobs);
        _files.FlushDirectory(Path.GetDirectoryName(_blobs)!);
        _files.FlushDirectory(_temporary);
        RequireFree();
        try
        {
            _published = _files.Publish(_temporary, _final);
        }
        catch (StorageException) when (IsTaken())
        {
            // Somebody made it since; removing the temporary name is Dispose's part.
        }

        if (!_published)
            throw Taken();
        _files.FlushDirectory(_parent);
        return ValueTask.CompletedTask;
    }

    public void Dispose()
    {
        if (_published)
            return;
        try
        {
            foreach (var path in _written)
                _files.Delete(path);
            Directory.Delete(_temporary, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or StorageException)
        {
            // The first error is the one to report; the leftover's name says what it is.
        }
    }

    private bool IsTaken() => Directory.Exists(_final) || _files.FileExists(_final);

    private void RequireFree()
    {
        if (IsTaken())
            throw Taken();
    }

    private InvalidInputException Taken() => new($"'{_final}' exists already, and an export never writes into or over anything. Choose another directory, or remove it first.");
}
