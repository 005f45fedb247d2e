using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace MlOps.Registry;

public static partial class SourceRevision
{
    private const int LargestDiff = 16 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Asks git for the commit of a working tree and for what was changed since.</summary>
    /// <param name="directory">A directory of the working tree; null for the current one.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The state; null when there is no git, no repository or no commit.</returns>
    /// <exception cref="InvalidInputException">The changes have more than 16 MiB: commit them.</exception>
    public static async ValueTask<SourceState?> CaptureAsync(string? directory = null, CancellationToken cancellationToken = default)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        directory ??= Environment.CurrentDirectory;
        var head = await GitAsync(directory, patience.Token, "rev-parse", "--verify", "HEAD").ConfigureAwait(false);
        var commit = head is null ? "" : Encoding.ASCII.GetString(head).Trim();
        if (!IsCommit(commit))
            return null;
        // Neither the user's diff tools nor filters of the repository are run.
        var diff = await GitAsync(directory, patience.Token, "diff", "--no-ext-diff", "--no-textconv", "--no-color", "--binary", "HEAD", "--").ConfigureAwait(false);
        var untracked = await GitAsync(directory, patience.Token, "ls-files", "--others", "--exclude-standard", "-z").ConfigureAwait(false);
        return diff is null || untracked is null ? null : new SourceState(commit, diff, untracked.Count(value => value == 0));
    }

    private static async ValueTask<byte[]?> GitAsync(string directory, CancellationToken cancellationToken, params string[] arguments)
    {
        var start = new ProcessStartInfo("git") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = directory };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["GIT_OPTIONAL_LOCKS"] = "0";
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        try
        {
            using var git = Process.Start(start);
            if (git is null)
                return null;
            try
            {
                var errors = git.StandardError.BaseStream.CopyToAsync(Stream.Null, cancellationToken);
                var output = await ReadAsync(git.StandardOutput.BaseStream, cancellationToken).ConfigureAwait(false);
                await errors.ConfigureAwait(false);
                await git.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
                return git.ExitCode == 0 ? output : null;
            }
            catch
            {
                if (!git.HasExited)
                    git.Kill(entireProcessTree: true);
                throw;
            }
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static async ValueTask<byte[]> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var content = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            content.Write(buffer, 0, read);
            if (content.Length > LargestDiff)
                throw new InvalidInputException($"The changes since the commit have more than {LargestDiff} bytes. Commit them, and train from the commit.");
        }

        return content.ToArray();
    }
}
