using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;

namespace MlOps.Artifacts;

/// <summary>
/// An upload as numbered files in a directory of its own: each written under a temporary name, flushed, and named. What is there after
/// a crash is whole, and the next number is where an appender goes on.
/// </summary>
internal sealed class FileArtifactUpload(FileArtifactEngine engine, IFileSystem files, string key, string directory) : IArtifactUpload
{
    private const int MostParts = 100_000;
    private const int AppendedPartBytes = 16 << 20;
    private const int BufferBytes = 1 << 17;

    public string Key => key;

    public long Offset
    {
        get
        {
            var parts = Parts;
            var offset = 0L;
            for (var number = 1; parts.TryGetValue(number, out var length); number++)
                offset += length;
            return offset;
        }
    }

    public IReadOnlyDictionary<int, long> Parts
    {
        get
        {
            var parts = ImmutableSortedDictionary.CreateBuilder<int, long>();
            foreach (var path in files.ListFiles(directory))
            {
                try
                {
                    if (int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && !files.IsLink(path))
                        parts[number] = files.FileLength(path);
                }
                catch (FileNotFoundException)
                {
                    // Abandoned meanwhile.
                }
            }

            return parts.ToImmutable();
        }
    }

    public async ValueTask<long> AppendAsync(Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        var parts = Parts;
        var stored = parts.Values.Sum();
        if (content.CanSeek)
            engine.AdmitUpload(stored, content.Length - content.Position);
        var next = 1;
        while (parts.ContainsKey(next))
            next++;
        if (parts.Count >= next)
            throw new InvalidInputException($"Upload '{key}' has parts after number {next}, which is missing: put that part, or begin another upload; appending needs a dense beginning.");
        while (true)
        {
            var (temporary, length) = await WriteAsync(content, AppendedPartBytes, stored, cancellationToken).ConfigureAwait(false);
            if (length == 0)
            {
                files.Delete(temporary);
                return stored;
            }

            if (next > MostParts)
                throw TooManyParts(next);
            if (!files.Publish(temporary, PathOf(next)))
                throw new ConcurrencyConflictException($"Upload '{key}' got another part {next} while this one was written. Let one writer append at a time, and go on at Offset.");
            files.FlushDirectory(directory);
            next++;
            stored += length;
        }
    }

    public async ValueTask<long> PutPartAsync(int number, Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        if (number is < 1 or > MostParts)
            throw TooManyParts(number);
        var stored = Parts.Where(p => p.Key != number).Sum(p => p.Value);
        if (content.CanSeek)
            engine.AdmitUpload(stored, content.Length - content.Position);
        var (temporary, length) = await WriteAsync(content, long.MaxValue, stored, cancellationToken).ConfigureAwait(false);
        try
        {
            files.Replace(temporary, PathOf(number));
        }
        catch
        {
            Discard(temporary);
            throw;
        }

        files.FlushDirectory(directory);
        return length;
    }

    public async ValueTask<ArtifactRef> CompleteAsync(string mediaType, ArtifactDigest? expectedDigest = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(mediaType);
        var parts = Parts;
        for (var number = 1; number <= parts.Count; number++)
        {
            if (!parts.ContainsKey(number))
                throw new InvalidInputException($"Upload '{key}' has {parts.Count} parts but not number {number}: put that part, then complete.");
        }

        var content = new PartsStream(files, [.. Enumerable.Range(1, parts.Count).Select(PathOf)], [.. parts.Values]);
        await using (content.ConfigureAwait(false))
        {
            if (expectedDigest is { } expected)
            {
                var actual = ArtifactDigest.FromHash(await System.Security.Cryptography.SHA256.HashDataAsync(content, cancellationToken).ConfigureAwait(false));
                if (actual != expected)
                    throw new InvalidInputException($"Upload '{key}' has the digest {actual}; {expected} was expected. Put the wrong parts again, or abandon the upload.");
                content.Position = 0;
            }

            var stored = await engine.PutAsync(content, mediaType, cancellationToken).ConfigureAwait(false);
            await AbandonAsync(CancellationToken.None).ConfigureAwait(false);
            return stored;
        }
    }

    public ValueTask AbandonAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // From the end: what a crash leaves is a shorter upload, not one with a gap.
        foreach (var path in files.ListFiles(directory).Reverse())
            files.Delete(path);
        return ValueTask.CompletedTask;
    }

    private async ValueTask<(string Path, long Length)> WriteAsync(Stream content, long most, long stored, CancellationToken cancellationToken)
    {
        var temporary = engine.NewUploadFile(directory);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            using var file = files.CreateNew(temporary);
            int read;
            while (file.Length < most &&
                   (read = await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(BufferBytes, most - file.Length)), cancellationToken).ConfigureAwait(false)) > 0)
            {
                if (!content.CanSeek)
                    engine.AdmitUpload(stored, file.Length + read);
                file.Write(buffer.AsSpan(0, read));
            }

            file.Flush();
            return (temporary, file.Length);
        }
        catch
        {
            Discard(temporary);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Discard(string temporary)
    {
        try
        {
            files.Delete(temporary);
        }
        catch (StorageException)
        {
            // The first error is the one to report; the sweep takes the file later.
        }
    }

    private string PathOf(int number) => Path.Combine(directory, number.ToString("D6", CultureInfo.InvariantCulture));

    private InvalidInputException TooManyParts(int number) => new($"Upload '{key}' cannot have a part {number}: parts are numbered from 1 to {MostParts}.");
}
