namespace MlOps.Packaging;

/// <summary>Every package, packed twice from the build that the tests belong to.</summary>
[CollectionDefinition(nameof(PackedPackages))]
public sealed class PackedPackages : ICollectionFixture<PackedPackages>, IAsyncLifetime
{
    private readonly string _root = Path.Combine(Path.GetTempPath(), "mlops-packaging-" + Guid.NewGuid().ToString("n"));

    /// <summary>A folder feed.</summary>
    public string Feed => Path.Combine(_root, "feed");

    /// <summary>The same again.</summary>
    public string SecondFeed => Path.Combine(_root, "feed2");

    /// <summary>An empty folder outside the checkout.</summary>
    public string Scratch => Path.Combine(_root, "scratch");

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Scratch);
        await PackAsync(Feed);
        await PackAsync(SecondFeed);
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_root, recursive: true);
        return Task.CompletedTask;
    }

    internal PackageFile Open(string name) => new(Directory.EnumerateFiles(Feed, $"{name}.*.nupkg")
        .Single(path => char.IsAsciiDigit(Path.GetFileName(path)[name.Length + 1])));

    private static Task<string> PackAsync(string output) => DotNet.RunAsync(
        Checkout.Root,
        "msbuild", "eng/Pack.proj", "-v:quiet", "-nologo",
        $"-p:Configuration={Checkout.Configuration}", $"-p:PackageOutputPath={output}", "-p:IncludeOnnxRuntime=true");
}
