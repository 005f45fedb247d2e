using System.IO.Enumeration;
using System.Security.Cryptography;

namespace MlOps.Features;

/// <summary>The files of a folder, each taken once. A file's batches bear its name, so that one half taken by a crash is finished, not doubled.</summary>
internal sealed class FileViewSource(string folder, string pattern, Func<string, FeatureSource> open) : FeatureViewSource($"files {Path.Combine(folder, pattern)}")
{
    internal override async ValueTask<SourceResult> RefreshAsync(SourceRefresh refresh, CancellationToken cancellationToken)
    {
        var files = refresh.Reading.Context.Files;
        var taken = await refresh.Progress.FilesAsync(cancellationToken).ConfigureAwait(false);
        var total = default(SourceResult);
        var changed = new List<string>();
        foreach (var path in files.ListFiles(Path.GetFullPath(folder)).Where(path => FileSystemName.MatchesSimpleExpression(pattern, Path.GetFileName(path), ignoreCase: false)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var name = Path.GetFileName(path);
            var (bytes, written) = Stamp(files, path);
            if (taken.TryGetValue(name, out var earlier))
            {
                if (earlier.Bytes == bytes && earlier.Written == written)
                    continue;
                if (earlier.Bytes == bytes && await DigestAsync(files, path, cancellationToken).ConfigureAwait(false) == earlier.Digest)
                    await refresh.Progress.TakeAsync(earlier with { Written = written }, cancellationToken).ConfigureAwait(false);
                else
                    changed.Add(path);
                continue;
            }

            var result = await refresh.IngestFileAsync(open(path), $"{refresh.Name}/{name}", cancellationToken).ConfigureAwait(false);
            var digest = await DigestAsync(files, path, cancellationToken).ConfigureAwait(false);
            if (Stamp(files, path) != (bytes, written))
                throw new InvalidInputException($"{refresh.What}: file '{path}' changed while it was read. Write files elsewhere and move them into the folder when they are whole.");
            await refresh.Progress.TakeAsync(new SourceProgress.TakenFile(name, bytes, written, digest, result.Rows + result.RowsPresent), cancellationToken).ConfigureAwait(false);
            total = total.Plus(result);
        }

        // Only now, so that one changed file does not keep the others out.
        if (changed.Count > 0)
            throw new InvalidInputException(
                $"{refresh.What}: {string.Join(", ", changed.Select(path => $"'{path}'"))} changed after being ingested, and rows are never taken back. Restore the file; give corrections a new file, with rows that become available later.");
        return total;
    }

    private static (long Bytes, Timestamp Written) Stamp(IFileSystem files, string path) => (files.FileLength(path), Timestamp.From(files.LastWriteTime(path)));

    private static async ValueTask<string> DigestAsync(IFileSystem files, string path, CancellationToken cancellationToken)
    {
        using var stream = files.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
    }
}
