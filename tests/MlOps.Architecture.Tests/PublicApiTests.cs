namespace MlOps.Architecture;

/// <summary>
/// Every public member of every package stands in PublicApi/PACKAGE.txt. After a change that is meant, write the files anew with
/// <c>MLOPS_WRITE_PUBLIC_API=1 dotnet test tests/MlOps.Architecture.Tests</c> and review the difference.
/// </summary>
public sealed class PublicApiTests
{
    [Theory]
    [MemberData(nameof(Packages.Names), MemberType = typeof(Packages))]
    public void Package_OffersExactlyTheApiOfItsBaseline(string package)
    {
        var file = Path.Combine(RepositoryRoot.Path, "tests", "MlOps.Architecture.Tests", "PublicApi", package + ".txt");
        var actual = PublicApiText.Of(Packages.Load(package));
        if (Environment.GetEnvironmentVariable("MLOPS_WRITE_PUBLIC_API") == "1")
            File.WriteAllText(file, actual);
        File.Exists(file).Should().BeTrue("the baseline of {0} is written by MLOPS_WRITE_PUBLIC_API=1", package);
        actual.Split('\n').Should().Equal(File.ReadAllText(file).Replace("\r", "", StringComparison.Ordinal).Split('\n'));
    }
}
