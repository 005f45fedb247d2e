using System.Text;
using System.Xml.Linq;

namespace MlOps.Packaging;

[Collection(nameof(PackedPackages))]
public sealed class PackageContentTests(PackedPackages packages)
{
    public static TheoryData<string> Names => [.. Checkout.PackageNames];

    [Theory]
    [MemberData(nameof(Names))]
    public void Package_Packed_CarriesReadmeLicenceDocsAndDescription(string name)
    {
        var package = packages.Open(name);

        package.Entries.Should().Contain(["README.md", $"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml"]);
        package.Metadata("readme").Should().Be("README.md");
        package.Text("README.md").Should().StartWith($"# {name}");
        package.Metadata("license").Should().Be("MIT");
        package.Metadata("description").Should().NotBeNullOrWhiteSpace().And.NotBe("Package Description");
        package.Metadata("tags").Should().NotBeNullOrWhiteSpace();
        XDocument.Parse(package.Text($"lib/net10.0/{name}.xml")).Root!.Name.LocalName.Should().Be("doc");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Package_Packed_HasPortableSymbols(string name)
    {
        var symbols = new PackageFile(Path.ChangeExtension(packages.Open(name).Path, ".snupkg"));

        symbols.Entries.Should().Contain($"lib/net10.0/{name}.pdb");
        Encoding.ASCII.GetString(symbols.Bytes($"lib/net10.0/{name}.pdb"), 0, 4).Should().Be("BSJB");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Package_Packed_CarriesNoOtherAssemblyAndNoMachinePath(string name)
    {
        var package = packages.Open(name);
        var symbols = new PackageFile(Path.ChangeExtension(package.Path, ".snupkg"));

        package.Entries.Where(entry => entry.EndsWith(".dll", StringComparison.Ordinal) && !entry.StartsWith("runtimes/", StringComparison.Ordinal) && !entry.StartsWith("analyzers/", StringComparison.Ordinal))
            .Should().BeEquivalentTo(name == "MlOps.Serving" ? [$"lib/net10.0/{name}.dll", "lib/net10.0/MlOps.Serving.Trial.dll"] : [$"lib/net10.0/{name}.dll"]);
        foreach (byte[] bytes in new[] { package.Bytes($"lib/net10.0/{name}.dll"), symbols.Bytes($"lib/net10.0/{name}.pdb") })
            bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Checkout.Root + Path.DirectorySeparatorChar)).Should().Be(-1);
    }

    [Fact]
    public void Packages_PackedTwice_AreTheSameBytes()
    {
        string[] first = [.. Directory.EnumerateFiles(packages.Feed).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

        first.Should().Contain(name => name.EndsWith(".nupkg")).And.Contain(name => name.EndsWith(".snupkg"));
        foreach (string name in first)
            File.ReadAllBytes(Path.Combine(packages.SecondFeed, name)).AsSpan()
                .SequenceEqual(File.ReadAllBytes(Path.Combine(packages.Feed, name))).Should().BeTrue(name);
    }

    [Fact]
    public void FeatureStore_Packed_CarriesItsGeneratorAndTheSdkPassesItOn()
    {
        packages.Open("MlOps.FeatureStore").Entries.Where(entry => entry.StartsWith("analyzers/", StringComparison.Ordinal))
            .Should().Equal("analyzers/dotnet/cs/MlOps.Generators.dll");
        packages.Open("MlOps.Sdk").Nuspec.Descendants().Single(element => (string?)element.Attribute("id") == "MlOps.FeatureStore")
            .Attribute("exclude").Should().BeNull("analyzers of an indirect package reach users only then");
    }

    [Fact]
    public void Serving_Packed_DependsOnTheOfficialOnnxRuntimeBinding() =>
        packages.Open("MlOps.Serving").Dependencies.Should().Contain(("Microsoft.ML.OnnxRuntime.Managed", "1.29.0"));

    [Fact]
    public void Core_Packed_PinsTheSqliteThatNeedsNoVulnerableBundle()
    {
        var dependencies = packages.Open("MlOps.Core").Dependencies.ToList();

        dependencies.Should().Contain(("Microsoft.Data.Sqlite.Core", "[6.0.7]"));
        dependencies.Should().NotContain(dependency => dependency.Id.StartsWith("SQLitePCLRaw.lib", StringComparison.Ordinal));
    }

    [Fact]
    public void Core_Packed_CarriesTheCompiledSqliteForThisPlatform()
    {
        var natives = packages.Open("MlOps.Core").Entries.Where(entry => entry.StartsWith("runtimes/", StringComparison.Ordinal));

        if (Checkout.NativeSqlite is { } native)
            natives.Should().Equal("runtimes/" + native);
        else
            natives.Should().BeEmpty();
    }

    [Fact]
    public void Sdk_Packed_BringsEveryPackageButTheAdapters()
    {
        string[] adapters = [.. Directory.EnumerateFiles(Path.Combine(Checkout.Root, "src", "Adapters"), "*.csproj", SearchOption.AllDirectories)
            .Select(path => Path.GetFileNameWithoutExtension(path)!)];

        packages.Open("MlOps.Sdk").Dependencies.Select(dependency => dependency.Id)
            .Where(id => id.StartsWith("MlOps.", StringComparison.Ordinal))
            .Should().BeEquivalentTo(Checkout.PackageNames.Except([.. adapters, "MlOps.Sdk"]));
    }
}
