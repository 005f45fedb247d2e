using System.Security.Cryptography;
using System.Text;

namespace MlOps.Build;

/// <summary>Small file operations of the set-up.</summary>
internal static class Files
{
    /// <summary>
    /// Puts a copy in place in one step. Builds hard-link these files, so an existing one is never written into:
    /// a process may have it mapped.
    /// </summary>
    public static void Place(string source, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        string temporary = $"{target}.{Environment.ProcessId}.tmp";
        File.Copy(source, temporary, overwrite: true);
        File.Move(temporary, target, overwrite: true);
    }

    public static void Write(string target, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        string temporary = $"{target}.{Environment.ProcessId}.tmp";
        File.WriteAllText(temporary, text);
        File.Move(temporary, target, overwrite: true);
    }

    public static string? ReadIfThere(string path) => File.Exists(path) ? File.ReadAllText(path) : null;

    public static string Hash(params string[] texts) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', texts))));
}
