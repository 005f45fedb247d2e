namespace MlOps.Packaging;

/// <summary>A small program that a user would write, built from nothing but the packed packages, in a folder of its own.</summary>
[Collection(nameof(PackedPackages))]
public sealed class ConsumerTests(PackedPackages packages)
{
    [Fact]
    public async Task Consumer_BuiltFromThePackages_Runs()
    {
        string folder = packages.Scratch;
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Checkout.Root, "tests", "MlOps.Packaging.Tests", "Consumer")))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        await File.WriteAllTextAsync(Path.Combine(folder, "nuget.config"), NuGetConfiguration(packages.Feed));
        string restored = Path.Combine(folder, "packages");
        var environment = new Dictionary<string, string> { ["NUGET_PACKAGES"] = restored, ["OnnxRuntimeFromNuGet"] = Checkout.OnnxRuntimeFromNuGet ? "true" : "false" };

        await DotNet.RunProgramAsync("dotnet", folder, environment, "build", "-c", "Release", "-o", Path.Combine(folder, "out"), "-v", "quiet", "--nologo");
        // Where the feed lacks ONNX Runtime, a user copies its native library beside the program, as the set-up does.
        if (!Checkout.OnnxRuntimeFromNuGet)
        {
            foreach (string native in Directory.EnumerateFiles(Path.Combine(Checkout.Root, ".deps", "native"), "*onnxruntime*"))
                File.Copy(native, Path.Combine(folder, "out", Path.GetFileName(native)));
        }

        string printed = await DotNet.RunAsync(folder, Path.Combine(folder, "out", "Consumer.dll"));

        foreach (string name in Checkout.PackageNames)
            printed.Should().Contain($"{name} loaded");
        printed.Should().Contain("ONNX Runtime binding 1.29");
        if (Checkout.NativeSqlite is not null)
            printed.Should().MatchRegex(@"SQLite 3\.(5[4-9]|[6-9]\d)\.");
        printed.Should().Contain("environment sandbox");
        printed.Should().Contain("churn:1 predicts as it was trained: True");
        printed.Should().Contain("shopper with 7 orders", "the generator travels in the package");
        File.Exists(Path.Combine(folder, "out", "mlops", "sandbox", "environment.json")).Should().BeTrue();
        Directory.EnumerateDirectories(restored, "mlops.*").Should().HaveCount(Checkout.PackageNames.Count, "they come from the feed, not from a cache");
    }

    /// <summary>Ours from the folder feed alone; what they depend on from what this machine has restored already.</summary>
    private static string NuGetConfiguration(string feed) => $"""
        <configuration>
          <packageSources><clear /><add key="packed" value="{feed}" /></packageSources>
          <fallbackPackageFolders><clear /><add key="machine" value="{Checkout.PackageRoot}" /></fallbackPackageFolders>
        </configuration>
        """;
}
