using System.Runtime.CompilerServices;

namespace MlOps.Build;

/// <summary>Where things are in this checkout.</summary>
internal sealed class Repository(string root)
{
    public string Root { get; } = root;

    public string Deps => PathOf(".deps");

    public string PathOf(string relative) => Path.Combine(Root, relative.Replace('/', Path.DirectorySeparatorChar));

    public string DepsPath(string relative) => Path.Combine(Deps, relative.Replace('/', Path.DirectorySeparatorChar));

    public IEnumerable<string> Projects(string folder) =>
        Directory.EnumerateFiles(PathOf(folder), "*.csproj", SearchOption.AllDirectories)
            .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .Order(StringComparer.Ordinal);

    /// <summary>The checkout around the current folder, else the one this was compiled from.</summary>
    public static Repository Find()
    {
        foreach (string? start in new[] { Directory.GetCurrentDirectory(), AppContext.BaseDirectory, Path.GetDirectoryName(SourceFile()) })
        {
            for (var folder = start is null ? null : new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "MlOps.Sdk.sln")))
                    return new Repository(folder.FullName);
            }
        }

        throw new BuildException("MlOps.Sdk.sln was found neither here nor above. Run build.cs from the checkout.");
    }

    private static string SourceFile([CallerFilePath] string path = "") => path;
}
