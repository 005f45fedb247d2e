using System.Text;

namespace MlOps.Artifacts;

internal sealed partial class FileArtifactEngine
{
    public ValueTask<IArtifactUpload> BeginUploadAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        if (key.Length > 1024)
            throw new InvalidInputException($"The key of an upload has {key.Length} characters; at most 1024 are accepted.");
        cancellationToken.ThrowIfCancellationRequested();
        // By its hash: what a caller writes never becomes a path.
        var directory = Path.Combine(_uploads, ArtifactDigest.Of(Encoding.UTF8.GetBytes(key)).Hex);
        return ValueTask.FromResult<IArtifactUpload>(new FileArtifactUpload(this, _files, key, directory));
    }

    internal string NewUploadFile(string directory)
    {
        EnsureDirectory(_uploads);
        // Not remembered as durable: it is removed with the upload.
        _files.CreateDirectory(directory);
        _files.FlushDirectory(_uploads);
        return NewTemporary();
    }

    internal void AdmitUpload(long stored, long more)
    {
        if (!HasRoom(stored + more))
            throw QuotaExceeded(stored + more);
        if (stored + more > _options.MaximumBlobBytes)
            throw TooLarge();
    }

    private void SweepUploads(DateTimeOffset before)
    {
        foreach (var upload in _files.ListFiles(_uploads, recursive: true).GroupBy(p => Path.GetDirectoryName(p)!, StringComparer.Ordinal))
        {
            if (!upload.All(path => IsOlder(path, before)))
                continue;
            foreach (var path in upload)
                TryDelete(path);
        }
    }
}
