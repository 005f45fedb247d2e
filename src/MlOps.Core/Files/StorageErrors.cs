using System.ComponentModel;

namespace MlOps.Files;

/// <summary>Names the path, the operation and the system's reason, and what to do where that is known.</summary>
internal static class StorageErrors
{
    public static StorageException FromCode(string operation, string path, int code) =>
        new(Describe(operation, path, code, new Win32Exception(code).Message));

    public static StorageException From(string operation, string path, Exception exception)
    {
        // The runtime keeps errno (Unix) or an HRESULT with the Win32 code (Windows) here.
        var code = OperatingSystem.IsWindows() ? exception.HResult & 0xffff : exception.HResult;
        return new StorageException(Describe(operation, path, exception is UnauthorizedAccessException ? AccessDenied : code, exception.Message), exception);
    }

    private static int AccessDenied => OperatingSystem.IsWindows() ? 5 : 13;

    private static string Describe(string operation, string path, int code, string reason) =>
        $"Could not {operation} '{path}': {reason.TrimEnd('.')} (error {code}).{Remedy(code)}";

    private static string Remedy(int code)
    {
        if (OperatingSystem.IsWindows())
        {
            return code switch
            {
                112 or 39 => " The disk is full: free space and try again; nothing was acknowledged.",
                5 => " Give this account the right to write there, or choose another directory.",
                19 => " The volume is read-only: choose another directory.",
                _ => "",
            };
        }

        return code switch
        {
            28 => " The disk is full: free space and try again; nothing was acknowledged.",
            122 or 69 => " This account's quota is used up: free space and try again; nothing was acknowledged.",
            30 => " The file system is read-only: choose another directory, or mount it for writing.",
            13 or 1 => " Give this account the right to write there, or choose another directory.",
            5 => " The device reported an error: check the disk and the system's log; nothing was acknowledged.",
            24 or 23 => " Too many files are open: raise the limit (ulimit -n).",
            _ => "",
        };
    }
}
