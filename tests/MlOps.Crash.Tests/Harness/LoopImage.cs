using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace MlOps.Crash.Tests;

/// <summary>
/// A file system of its own in a file, whose power can be cut: the shutdown call (flag 2: the journal is not written either) makes it
/// forget what was not on the disk, and the next mount replays the journal as after a real power cut. Each one has a fresh file and mount point.
/// </summary>
internal sealed partial class LoopImage : IDisposable
{
    private const ulong Shutdown = 0x8004587d;
    private const uint NoLogFlush = 2;
    private const int CloseOnExec = 0x80000;
    private readonly string _image;
    private bool _mounted;

    public LoopImage(string folder, string fileSystem)
    {
        var id = Guid.NewGuid().ToString("N");
        _image = Path.Combine(folder, id + ".image");
        MountPoint = Path.Combine(folder, id + ".mount");
        Directory.CreateDirectory(MountPoint);
        // mkfs.xfs makes none below 300 MB; both files are sparse.
        using (var file = new FileStream(_image, FileMode.CreateNew))
            file.SetLength(fileSystem == "xfs" ? 320L << 20 : 160L << 20);
        if (fileSystem == "xfs")
            Run("mkfs.xfs", "-q", _image);
        else
            Run("mkfs.ext4", "-q", "-F", _image);
        Mount();
    }

    public string MountPoint { get; }

    /// <summary>Null when power cuts of the file system can be played here, else what is missing.</summary>
    public static string? Missing(string fileSystem)
    {
        if (!OperatingSystem.IsLinux())
            return "power cuts are played with Linux's file systems only";
        if (!Environment.IsPrivilegedProcess)
            return "root is needed to mount an image";
        if (!File.Exists("/dev/loop-control"))
            return "there is no /dev/loop-control: load the kernel module 'loop'";
        string[] folders = ["/sbin", "/usr/sbin", "/bin", "/usr/bin"];
        return folders.Any(folder => File.Exists(Path.Combine(folder, "mkfs." + fileSystem)))
            ? null
            : $"mkfs.{fileSystem} is not there: install {(fileSystem == "xfs" ? "xfsprogs" : "e2fsprogs")}";
    }

    public void Mount()
    {
        Run("mount", "-o", "loop", _image, MountPoint);
        _mounted = true;
    }

    public void Unmount()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                Run("umount", MountPoint);
                _mounted = false;
                return;
            }
            catch (InvalidOperationException busy) when (attempt < 20 && busy.Message.Contains("busy", StringComparison.Ordinal))
            {
                // What the kernel still writes, or a process that is just ending, lets go in a moment.
                Task.Delay(100).Wait();
            }
        }
    }

    public void CutPower()
    {
        // Not for children: another cut may start a process just now, which would keep the file system busy.
        var descriptor = Open(MountPoint, CloseOnExec);
        if (descriptor < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        try
        {
            var flag = NoLogFlush;
            if (Control(descriptor, Shutdown, ref flag) != 0)
                throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    public void Dispose()
    {
        if (_mounted)
            Run("umount", "-l", MountPoint);
        Directory.Delete(MountPoint);
        File.Delete(_image);
    }

    public static void Run(string program, params string[] arguments)
    {
        // The folders of administrators are not on everybody's path.
        var start = new ProcessStartInfo("/usr/bin/env", ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", program, .. arguments]) { RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {errors} {output.Result}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int descriptor, ulong request, ref uint argument);
}
