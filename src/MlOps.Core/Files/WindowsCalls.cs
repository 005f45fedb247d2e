using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace MlOps.Files;

/// <summary>Durable renames and flushes on Windows; NTFS journals its directories, so names need no flush of their own.</summary>
[SupportedOSPlatform("windows")]
internal static partial class WindowsCalls
{
    private const int FileExists = 80;
    private const int AlreadyExists = 183;
    private const uint ReplaceExisting = 1;
    private const uint WriteThrough = 8;

    /// <summary>Makes a file's bytes durable; 0, or the error.</summary>
    public static int SyncFile(SafeFileHandle handle) => FlushFileBuffers(handle) ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Gives a file a name that nobody has; 0, or the error.</summary>
    public static int RenameToFreeName(string from, string to, out bool taken)
    {
        var error = MoveFile(from, to, WriteThrough) ? 0 : Marshal.GetLastPInvokeError();
        taken = error is FileExists or AlreadyExists;
        return error;
    }

    /// <summary>Renames over whatever has the name; 0, or the error.</summary>
    public static int RenameOver(string from, string to) => MoveFile(from, to, WriteThrough | ReplaceExisting) ? 0 : Marshal.GetLastPInvokeError();

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool FlushFileBuffers(SafeFileHandle handle);

    [LibraryImport("kernel32", EntryPoint = "MoveFileExW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool MoveFile(string from, string to, uint flags);
}
