using System.Security.Cryptography;

namespace MlOps.Registry;

/// <summary>Lists the files of a model's directory by their names within it.</summary>
internal static class ModelFiles
{
    private const int MaximumFiles = 100_000;

    public static SortedDictionary<string, string> List(string root, IReadOnlyList<string> ignored, bool allowSymlinks)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (File.Exists(root))
        {
            if (new FileInfo(root).LinkTarget is not null && !allowSymlinks)
                throw new InvalidInputException($"'{root}' is a link, and links were not signed.");
            files.Add(".", root);
            return files;
        }

        if (!Directory.Exists(root))
            throw new NotFoundException($"There is no directory and no file '{root}'.");
        var skipped = ignored.Select(path => path.Replace('\\', '/').TrimEnd('/')).Select(path => path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path)
            .Where(path => path.Length > 0).ToHashSet(StringComparer.Ordinal);
        Walk(new DirectoryInfo(root), "", root, skipped, allowSymlinks, files);
        return files;
    }

    public static async ValueTask<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using (stream.ConfigureAwait(false))
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
    }

    private static void Walk(DirectoryInfo directory, string prefix, string root, HashSet<string> skipped, bool allowSymlinks, SortedDictionary<string, string> files)
    {
        foreach (var entry in directory.EnumerateFileSystemInfos())
        {
            var name = prefix + entry.Name;
            if (skipped.Contains(name))
                continue;
            if (entry.LinkTarget is not null)
            {
                if (ResolveLink(entry, name, root, allowSymlinks) is { } target)
                    files.Add(name, target);
                continue;
            }

            if (entry is DirectoryInfo below)
                Walk(below, name + "/", root, skipped, allowSymlinks, files);
            else
                files.Add(name, entry.FullName);
            if (files.Count > MaximumFiles)
                throw new InvalidInputException($"'{root}' has more than {MaximumFiles} files.");
        }
    }

    // As model_signing does, a link to a directory is not entered; what it points at is listed where it lies.
    private static string? ResolveLink(FileSystemInfo link, string name, string root, bool allowSymlinks)
    {
        if (!allowSymlinks)
            throw new InvalidInputException($"'{NameRules.Shown(name)}' in '{root}' is a link, and links were not signed.");
        var target = link.ResolveLinkTarget(returnFinalTarget: true);
        if (target is null || !target.Exists)
            throw new InvalidInputException($"The link '{NameRules.Shown(name)}' in '{root}' points at nothing.");
        if (!Path.GetFullPath(target.FullName).StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new InvalidInputException($"The link '{NameRules.Shown(name)}' points out of '{root}'.");
        return target is DirectoryInfo ? null : target.FullName;
    }
}
