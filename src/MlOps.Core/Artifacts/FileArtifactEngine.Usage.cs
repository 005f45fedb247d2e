namespace MlOps.Artifacts;

internal sealed partial class FileArtifactEngine
{
    private static readonly TimeSpan UsageAge = TimeSpan.FromMilliseconds(100);
    private readonly Lock _usageLock = new();
    private long _usedBytes = -1;
    private long _usedAt;

    public ValueTask<ArtifactUsage> GetUsageAsync(CancellationToken cancellationToken = default)
    {
        var (blobs, logical) = (0, 0L);
        foreach (var path in _files.ListFiles(_blobs, recursive: true))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (DigestOf(path) is null || LengthOf(path) is not { } length)
                continue;
            blobs++;
            logical += length;
        }

        foreach (var path in _files.ListFiles(_recipes))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (RecipeDigestOf(path) is not { } digest || _files.FileExists(PathOf(digest)))
                continue;
            blobs++;
            try
            {
                using var recipe = Recipe.Open(_files, path, digest);
                logical += recipe.Length;
            }
            catch (Exception exception) when (exception is CorruptDataException or FileNotFoundException)
            {
                // It takes room, but how long the blob was is not known any more.
            }
        }

        return ValueTask.FromResult(new ArtifactUsage(blobs, logical, ScanStoredBytes()));
    }

    /// <summary>Bytes that may still be stored. Near the quota the disk is asked each time, since other processes store too.</summary>
    private long RoomNow()
    {
        if (_options.QuotaBytes is not { } quota)
            return long.MaxValue;
        lock (_usageLock)
        {
            var isNear = _usedBytes < 0 || _usedBytes > quota / 4 * 3;
            if (isNear || TimeProvider.System.GetElapsedTime(_usedAt) > UsageAge)
            {
                _usedBytes = ScanStoredBytes();
                _usedAt = TimeProvider.System.GetTimestamp();
            }

            return quota - _usedBytes;
        }
    }

    private bool HasRoom(long bytes)
    {
        if (_options.QuotaBytes is not { } quota)
            return true;
        if (bytes > quota)
            return false;
        var room = RoomNow();
        if (bytes <= room && room - bytes >= quota / 4)
            return true;
        // So large that it comes near the quota: what others stored in the last moment counts, too.
        ForgetUsage();
        return bytes <= RoomNow();
    }

    private void CountStored(long bytes)
    {
        lock (_usageLock)
        {
            if (_usedBytes >= 0)
                _usedBytes += bytes;
        }
    }

    private void ForgetUsage()
    {
        lock (_usageLock)
            _usedBytes = -1;
    }

    private long ScanStoredBytes()
    {
        var bytes = 0L;
        foreach (var directory in (ReadOnlySpan<string>)[_blobs, _recipes, _packs, _condemned])
        {
            foreach (var path in _files.ListFiles(directory, recursive: true))
                bytes += LengthOf(path) ?? 0;
        }

        return bytes;
    }

    private QuotaExceededException QuotaExceeded(long bytes)
    {
        var used = ScanStoredBytes();
        return new QuotaExceededException(
            $"An artifact of {bytes} bytes or more was not stored: {used} of the {_options.QuotaBytes} bytes that this environment may store are used. Delete versions or runs that are not needed and collect, or raise the quota (QuotaBytes in the Artifacts of the environment).",
            used, _options.QuotaBytes!.Value);
    }
}
