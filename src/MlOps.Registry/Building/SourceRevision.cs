using System.Reflection;

namespace MlOps.Registry;

/// <summary>Finds the commit that the running application was built from.</summary>
public static partial class SourceRevision
{
    /// <summary>
    /// The commit in the entry assembly's informational version (<c>1.2.3+commit</c>, as the SDK writes it), or the commit of the
    /// repository around the current directory, read from its files. Whether the working tree had changes is not known.
    /// </summary>
    /// <returns>40 or 64 hexadecimal digits, or null.</returns>
    public static string? Find()
    {
        var informational = Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        var plus = informational?.IndexOf('+', StringComparison.Ordinal) ?? -1;
        if (plus >= 0 && IsCommit(informational![(plus + 1)..]))
            return informational[(plus + 1)..];
        try
        {
            return FromRepository(Environment.CurrentDirectory);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    internal static string? FromRepository(string directory)
    {
        for (var current = new DirectoryInfo(directory); current is not null; current = current.Parent)
        {
            var git = Path.Combine(current.FullName, ".git");
            if (File.Exists(git) && File.ReadAllText(git) is var link && link.StartsWith("gitdir: ", StringComparison.Ordinal))
                git = Path.GetFullPath(link["gitdir: ".Length..].Trim(), current.FullName);
            if (File.Exists(Path.Combine(git, "HEAD")))
                return ReadHead(git);
        }

        return null;
    }

    private static string? ReadHead(string git)
    {
        var head = File.ReadAllText(Path.Combine(git, "HEAD")).Trim();
        if (!head.StartsWith("ref: refs/", StringComparison.Ordinal))
            return IsCommit(head) ? head : null;
        var name = head["ref: ".Length..];
        if (name.Split('/').Contains(".."))
            return null;
        var common = Path.Combine(git, "commondir");
        string[] roots = File.Exists(common) ? [git, Path.GetFullPath(File.ReadAllText(common).Trim(), git)] : [git];
        foreach (var root in roots)
        {
            if (File.Exists(Path.Combine(root, name)) && File.ReadAllText(Path.Combine(root, name)).Trim() is var loose && IsCommit(loose))
                return loose;
            var packed = Path.Combine(root, "packed-refs");
            var line = File.Exists(packed) ? File.ReadLines(packed).FirstOrDefault(line => line.EndsWith(" " + name, StringComparison.Ordinal)) : null;
            if (line is not null && IsCommit(line[..line.IndexOf(' ', StringComparison.Ordinal)]))
                return line[..line.IndexOf(' ', StringComparison.Ordinal)];
        }

        return null;
    }

    private static bool IsCommit(string text) => text.Length is 40 or 64 && text.All(char.IsAsciiHexDigitLower);
}
