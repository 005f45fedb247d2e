
namespace MlOps.Architecture;

internal static class RepositoryRoot
{
    public static string Path { get; } = Find();

    // The path of this file is mapped by the deterministic build, so the root is found from the test's folder.
    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(directory.FullName, "MlOps.Sdk.sln")))
                return directory.FullName;
        }

        throw new InvalidOperationException($"No MlOps.Sdk.sln above {AppContext.BaseDirectory}.");
    }
}
