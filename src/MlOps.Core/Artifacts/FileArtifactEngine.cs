using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace MlOps.Artifacts;

/// <summary>
/// Blobs at <c>blobs/sha256/ab/cdef...</c>: written under a temporary name, flushed, published, the directory flushed.
/// Every path is made from a digest or a random name, never from what a caller passes. Collection: <c>.Collect</c>.
/// </summary>
internal sealed partial class FileArtifactEngine : IArtifactStore
{
    private const int BufferBytes = 1 << 17;
    private readonly IFileSystem _files;
    private readonly FileArtifactOptions _options;
    private readonly string _blobs;
    private readonly string _temporary;
    private readonly string _condemned;
    private readonly ConcurrentDictionary<string, byte> _durableDirectories = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<ArtifactDigest, (long Length, DateTimeOffset Written)> _verified = new();

    public FileArtifactEngine(IFileSystem files, string directory, TimeProvider clock, FileArtifactOptions options)
    {
        _files = files;
        _options = options;
        _blobs = Path.Combine(directory, "blobs", "sha256");
        _temporary = Path.Combine(directory, "temporary");
        _condemned = Path.Combine(directory, "condemned");
        EnsureDirectory(_blobs);
        EnsureDirectory(_temporary);
        EnsureDirectory(_condemned);
        PardonAll();
        SweepTemporary(clock.GetUtcNow() - options.OrphanAge);
    }

    public async ValueTask<ArtifactRef> PutAsync(Stream content, string mediaType, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentException.ThrowIfNullOrEmpty(mediaType);
        var temporary = Path.Combine(_temporary, Guid.NewGuid().ToString("N"));
        try
        {
            var (digest, length) = await WriteAsync(content, temporary, cancellationToken).ConfigureAwait(false);
            var path = PathOf(digest);
            var directory = Path.GetDirectoryName(path)!;
            EnsureDirectory(directory);
            var written = _files.LastWriteTime(temporary);
            Settle(temporary, path);
            _files.FlushDirectory(directory);
            RememberDurable(digest, written);
            return new ArtifactRef(digest.ToString(), length, mediaType);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }
    }

    public ValueTask<Stream> OpenReadAsync(ArtifactDigest digest, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<Stream>(new VerifyingStream(OpenBlob(digest, out var path), digest, path));
    }

    public async ValueTask<string> GetLocalPathAsync(ArtifactDigest digest, CancellationToken cancellationToken = default)
    {
        var path = PathOf(digest);
        try
        {
            var seen = (_files.FileLength(path), _files.LastWriteTime(path));
            if (_verified.TryGetValue(digest, out var known) && known == seen)
                return path;
            var stream = new VerifyingStream(_files.OpenRead(path), digest, path);
            await using (stream.ConfigureAwait(false))
                await stream.CopyToAsync(Stream.Null, BufferBytes, cancellationToken).ConfigureAwait(false);
            _verified[digest] = seen;
            return path;
        }
        catch (FileNotFoundException)
        {
            throw NotFound(digest);
        }
    }

    public ValueTask<bool> ExistsAsync(ArtifactDigest digest, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(IsDurablyThere(digest));
    }

    public async IAsyncEnumerable<ArtifactDigest> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var path in _files.ListFiles(_blobs, recursive: true))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (DigestOf(path) is { } digest)
                yield return digest;
        }
    }

    private async ValueTask<(ArtifactDigest Digest, long Length)> WriteAsync(Stream content, string temporary, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = _files.CreateNew(temporary);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int read;
            while ((read = await content.ReadAsync(buffer.AsMemory(0, BufferBytes), cancellationToken).ConfigureAwait(false)) > 0)
            {
                if (file.Length + read > _options.MaximumBlobBytes)
                {
                    throw new InvalidInputException(
                        $"An artifact has more than {_options.MaximumBlobBytes} bytes, the largest size that this store accepts (FileArtifactOptions.MaximumBlobBytes).");
                }

                hash.AppendData(buffer, 0, read);
                file.Write(buffer.AsSpan(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        file.Flush();
        return (ArtifactDigest.FromHash(hash.GetHashAndReset()), file.Length);
    }

    /// <summary>
    /// Names the finished file. One that is there already is replaced by the same bytes: that makes it young again for
    /// collection, and mends it when it was damaged.
    /// </summary>
    private void Settle(string temporary, string path)
    {
        try
        {
            _files.Replace(temporary, path);
        }
        catch (StorageException) when (OperatingSystem.IsWindows() && _files.FileExists(path))
        {
            // Open elsewhere without sharing: the bytes that are there serve.
            _files.Delete(temporary);
        }
    }

    private Stream OpenBlob(ArtifactDigest digest, out string path)
    {
        path = PathOf(digest);
        try
        {
            return _files.OpenRead(path);
        }
        catch (FileNotFoundException)
        {
            try
            {
                path = CondemnedPathOf(digest);
                return _files.OpenRead(path);
            }
            catch (FileNotFoundException)
            {
                throw NotFound(digest);
            }
        }
    }

    private NotFoundException NotFound(ArtifactDigest digest) =>
        new($"There is no artifact {digest} in '{_blobs}'. It was never stored in this environment, or it was collected because nothing referred to it.");

    private string PathOf(ArtifactDigest digest) => Path.Combine(_blobs, digest.Hex[..2], digest.Hex[2..]);

    private string CondemnedPathOf(ArtifactDigest digest) => Path.Combine(_condemned, digest.Hex);

    private static ArtifactDigest? DigestOf(string path) =>
        ArtifactDigest.TryParse("sha256:" + Path.GetFileName(Path.GetDirectoryName(path)) + Path.GetFileName(path), out var digest) ? digest : null;

    private void EnsureDirectory(string directory)
    {
        if (_durableDirectories.ContainsKey(directory))
            return;
        _files.CreateDirectory(directory);
        // One that is there may have been made a moment ago by somebody who has not flushed its name yet.
        _files.FlushDirectory(Path.GetDirectoryName(directory)!);
        _durableDirectories.TryAdd(directory, 0);
    }

    private void TryDelete(string path)
    {
        try
        {
            _files.Delete(path);
        }
        catch (StorageException)
        {
            // The first error is the one to report; the sweep takes the file later.
        }
    }
}
