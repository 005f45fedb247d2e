namespace MlOps.Features.Tests;

/// <summary>Bytes of released formats. <c>MLOPS_WRITE_FIXTURES=1</c> writes those of the current version anew.</summary>
internal static class Fixture
{
    public static byte[] Of(string name, byte[] written)
    {
        var path = PathOf(name);
        if (Environment.GetEnvironmentVariable("MLOPS_WRITE_FIXTURES") == "1")
            File.WriteAllBytes(path, written);
        return File.ReadAllBytes(path);
    }

    // bin/CONFIGURATION/FRAMEWORK lies below the project.
    private static string PathOf(string name) => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "Fixtures", name));
}
