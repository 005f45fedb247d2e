using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace MlOps.Artifacts;

/// <summary>
/// Small blobs at <c>blobs/sha256/ab/cdef...</c>, large ones as <c>recipes/abcdef...</c> over chunks in <c>packs/</c>: written under a
/// temporary name, flushed, published, the directory flushed. Every path is made from a digest or a random name, never from what a
/// caller passes. Writing: <c>.Put</c>, <c>.Chunks</c>; reading: <c>.Read</c>, <c>.Local</c>; collection: <c>.Collect</c>, <c>.Packs</c>.
/// The protocol between writers and collectors is in docs/registry/artifacts.md.
/// </summary>
internal sealed partial class FileArtifactEngine : IArtifactStore
{
    private const int BufferBytes = 1 << 17;
    private const int MostVerified = 1 << 14;
    private readonly IFileSystem _files;
    private readonly TimeProvider _clock;
    private readonly FileArtifactOptions _options;
    private readonly string _blobs;
    private readonly string _recipes;
    private readonly string _packs;
    private readonly string _temporary;
    private readonly string _condemned;
    private readonly string _uploads;
    private readonly string _local;
    private readonly ChunkIndex _index;
    private readonly ContentChunker _chunker;
    private readonly ConcurrentDictionary<string, byte> _durableDirectories = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<ArtifactDigest, (long Length, long Written)> _verified = new();

    public FileArtifactEngine(IFileSystem files, string directory, TimeProvider clock, FileArtifactOptions options)
    {
        _files = files;
        _clock = clock;
        _options = options;
        _blobs = Path.Combine(directory, "blobs", "sha256");
        _recipes = Path.Combine(directory, "recipes");
        _packs = Path.Combine(directory, "packs");
        _temporary = Path.Combine(directory, "temporary");
        _condemned = Path.Combine(directory, "condemned");
        _uploads = Path.Combine(directory, "uploads");
        _local = Path.Combine(directory, "local");
        _chunker = new ContentChunker(options.AverageChunkBytes);
        _index = new ChunkIndex(files, () => files.ListFiles(_recipes), TimeProvider.System);
        EnsureDirectory(_blobs);
        EnsureDirectory(_temporary);
        EnsureDirectory(_condemned);
        PardonAll();
        var now = clock.GetUtcNow();
        SweepTemporary(now - options.OrphanAge);
        SweepUploads(now - options.UploadAge);
    }

    public ValueTask<bool> ExistsAsync(ArtifactDigest digest, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // Twice: between the two looks, a collection may have put back what it had moved aside.
        return ValueTask.FromResult(IsDurablyThere(digest) || _files.FileExists(CondemnedPathOf(digest)) || AsideOf(digest.Hex).Any() || IsDurablyThere(digest));
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

        foreach (var path in _files.ListFiles(_recipes))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (RecipeDigestOf(path) is { } digest && !_files.FileExists(PathOf(digest)))
                yield return digest;
        }
    }

    private bool IsStored(ArtifactDigest digest) => _files.FileExists(PathOf(digest)) || _files.FileExists(RecipePathOf(digest));

    private NotFoundException NotFound(ArtifactDigest digest) =>
        new($"There is no artifact {digest} in '{_blobs}'. It was never stored in this environment, or it was collected because nothing referred to it.");

    private string PathOf(ArtifactDigest digest) => Path.Combine(_blobs, digest.Hex[..2], digest.Hex[2..]);

    private string CondemnedPathOf(ArtifactDigest digest) => Path.Combine(_condemned, digest.Hex);

    private string RecipePathOf(ArtifactDigest digest) => Path.Combine(_recipes, digest.Hex);

    // Names of their own: of two collections, neither overwrites or deletes what the other has moved aside.
    private string NewAsideOf(string name, string suffix = "") => Path.Combine(_condemned, $"{name}.{Guid.NewGuid():N}{suffix}");

    private string PackPathOf(Guid pack) => Path.Combine(_packs, pack.ToString("N"));

    private string NewTemporary(string suffix = "") => Path.Combine(_temporary, Guid.NewGuid().ToString("N") + suffix);

    private static ArtifactDigest? DigestOf(string path) =>
        ArtifactDigest.TryParse("sha256:" + Path.GetFileName(Path.GetDirectoryName(path)) + Path.GetFileName(path), out var digest) ? digest : null;

    private static ArtifactDigest? RecipeDigestOf(string path) =>
        ArtifactDigest.TryParse("sha256:" + Path.GetFileName(path), out var digest) ? digest : null;

    private void EnsureDirectory(string directory)
    {
        if (_durableDirectories.ContainsKey(directory))
            return;
        _files.CreateDirectory(directory);
        // One that is there may have been made a moment ago by somebody who has not flushed its name yet.
        _files.FlushDirectory(Path.GetDirectoryName(directory)!);
        _durableDirectories.TryAdd(directory, 0);
    }

    private void RefuseLink(string path, ArtifactDigest digest)
    {
        if (_files.IsLink(path))
            throw new CorruptDataException($"'{path}' of artifact {digest} is a symbolic link, which the store never makes: remove it, and store the artifact again.");
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
