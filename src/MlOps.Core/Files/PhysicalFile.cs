using Microsoft.Win32.SafeHandles;

namespace MlOps.Files;

/// <summary>A file on the local disk, written at its end.</summary>
internal sealed class PhysicalFile : IDurableFile
{
    private readonly SafeFileHandle _handle;
    private string? _poison;

    public PhysicalFile(string path, FileMode mode)
    {
        Path = path;
        try
        {
            _handle = File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            Length = RandomAccess.GetLength(_handle);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _handle?.Dispose();
            throw StorageErrors.From(mode == FileMode.CreateNew ? "create" : "open", path, exception);
        }
    }

    public string Path { get; }

    public long Length { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        RequireSound();
        try
        {
            RandomAccess.Write(_handle, bytes, Length);
            Length += bytes.Length;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A part of the bytes may be in the file; the length says where sound bytes end.
            _poison = "a write failed";
            throw StorageErrors.From("write to", Path, exception);
        }
    }

    public void Flush()
    {
        RequireSound();
        var error = OperatingSystem.IsWindows() ? WindowsCalls.SyncFile(_handle) : PosixCalls.SyncFile(_handle);
        if (error == 0)
            return;

        // The kernel marks the pages clean after a failed fsync: a second one would succeed and prove nothing.
        _poison = "a flush failed";
        throw StorageErrors.FromCode("make durable (fsync)", Path, error);
    }

    public void Truncate(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        RequireSound();
        try
        {
            RandomAccess.SetLength(_handle, length);
            Length = length;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _poison = "a truncation failed";
            throw StorageErrors.From("truncate", Path, exception);
        }
    }

    public void Dispose() => _handle.Dispose();

    private void RequireSound()
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        if (_poison is not null)
            throw new StorageException($"The file '{Path}' refuses further work because {_poison} before: what it holds is unknown. Write it anew.");
    }
}
