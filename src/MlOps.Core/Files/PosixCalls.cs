using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace MlOps.Files;

/// <summary>
/// The calls that .NET does not offer, or whose errors it swallows: on Linux <c>Flush(true)</c> of .NET 10 returns normally
/// when fsync fails, and <c>File.Move</c> without overwriting is a check followed by a rename.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal static partial class PosixCalls
{
    /// <summary>ENOENT.</summary>
    public const int Absent = 2;

    private const int Interrupted = 4;
    private const int Exists = 17;
    private const int FullSync = 51;
    private const int CurrentDirectory = -100;
    private const uint NoReplace = 1;
    private const uint Exclusive = 4;

    private static int CloseOnExec => OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;

    /// <summary>Makes a file's bytes durable; 0, or the error.</summary>
    public static int SyncFile(SafeFileHandle handle)
    {
        var taken = false;
        try
        {
            handle.DangerousAddRef(ref taken);
            return Sync((int)handle.DangerousGetHandle(), dataOnly: true);
        }
        finally
        {
            if (taken)
                handle.DangerousRelease();
        }
    }

    /// <summary>Makes a directory's names durable; 0, or the error.</summary>
    public static int SyncDirectory(string directory)
    {
        int descriptor;
        while ((descriptor = Open(directory, CloseOnExec)) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted)
                return Marshal.GetLastPInvokeError();
        }

        try
        {
            return Sync(descriptor, dataOnly: false);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>Gives a file a name that nobody has; 0, or the error (EEXIST when the name is taken).</summary>
    public static int RenameToFreeName(string from, string to, out bool taken)
    {
        var error = OperatingSystem.IsMacOS() ? Call(from, to, static (f, t) => RenameExclusive(f, t, Exclusive))
            : OperatingSystem.IsLinux() ? TryRenameNoReplace(from, to)
            : -1;
        taken = error == Exists;
        if (error == 0 || taken || !MayLackSupport(error))
            return error;

        // Old kernels, C libraries and some network file systems: link refuses a taken name everywhere.
        error = Call(from, to, Link);
        taken = error == Exists;
        return error != 0 ? error : Call(from, to, static (f, _) => Unlink(f));
    }

    /// <summary>Renames over whatever has the name; 0, or the error.</summary>
    public static int RenameOver(string from, string to) => Call(from, to, Rename);

    /// <summary>Sets both times of a file to now; 0, or the error.</summary>
    public static int Touch(string path) => Call(path, "", static (p, _) => SetTimes(p, 0));

    // ENOSYS, EINVAL, ENOTSUP of both systems, or a missing entry point.
    private static bool MayLackSupport(int error) => error is -1 or 38 or 22 or 95 or 45;

    private static int TryRenameNoReplace(string from, string to)
    {
        try
        {
            return Call(from, to, static (f, t) => RenameAt(CurrentDirectory, f, CurrentDirectory, t, NoReplace));
        }
        catch (EntryPointNotFoundException)
        {
            return -1;
        }
    }

    private static int Sync(int descriptor, bool dataOnly)
    {
        while (true)
        {
            int result;
            if (OperatingSystem.IsMacOS())
            {
                // fsync there does not reach the platter; file systems that do not know F_FULLFSYNC get what they know.
                result = Control(descriptor, FullSync);
                if (result < 0 && Marshal.GetLastPInvokeError() is 45 or 22 or 25)
                    result = FileSync(descriptor);
            }
            else
            {
                result = dataOnly ? DataSync(descriptor) : FileSync(descriptor);
            }

            if (result >= 0)
                return 0;
            if (Marshal.GetLastPInvokeError() != Interrupted)
                return Marshal.GetLastPInvokeError();
        }
    }

    private static int Call(string from, string to, Func<string, string, int> call)
    {
        while (call(from, to) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted)
                return Marshal.GetLastPInvokeError();
        }

        return 0;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FileSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int DataSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int descriptor, int command);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string added);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unlink(string path);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(string from, string to);

    [LibraryImport("libc", EntryPoint = "utimes", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetTimes(string path, nint times);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt(int fromDirectory, string from, int toDirectory, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "renamex_np", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameExclusive(string from, string to, uint flags);
}
