namespace MlOps.Build;

/// <summary>Installs a locked set of npm packages into a scratch folder: hashes checked, no script of theirs run.</summary>
internal sealed class Npm(Repository repository)
{
    /// <param name="manifestFolder">Holds package.json and package-lock.json.</param>
    /// <param name="scratch">Emptied and filled; the caller deletes it.</param>
    /// <returns>The node_modules folder.</returns>
    public async Task<string> InstallAsync(string manifestFolder, string scratch, CancellationToken cancellationToken)
    {
        string npm = Tool.Find("npm")
            ?? throw new BuildException("npm was not found. Install Node.js with npm: the set-up takes native libraries and data from npm packages.");

        DeleteFolder(scratch);
        Directory.CreateDirectory(scratch);
        foreach (string file in new[] { "package.json", "package-lock.json" })
            File.Copy(Path.Combine(repository.PathOf(manifestFolder), file), Path.Combine(scratch, file));

        var result = await Tool.CapturedAsync(
            npm, ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], scratch, cancellationToken);
        return result.Succeeded
            ? Path.Combine(scratch, "node_modules")
            : throw new BuildException($"npm ci failed in {manifestFolder}:{Environment.NewLine}{result.Tail(20)}");
    }

    public static void DeleteFolder(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}
