using System.Text.RegularExpressions;

namespace MlOps.Architecture;

public sealed partial class ReadmeTests
{
    [Fact]
    public void FirstScreen_IsTheSampleThatCompiles()
    {
        var match = FirstScreen().Match(File.ReadAllText(Path.Combine(RepositoryRoot.Path, "README.md")).ReplaceLineEndings("\n"));
        match.Success.Should().BeTrue("the README marks its first code block with the file that it comes from");
        var source = File.ReadAllText(Path.Combine(RepositoryRoot.Path, match.Groups[1].Value)).ReplaceLineEndings("\n").TrimEnd();
        match.Groups[2].Value.TrimEnd().Split('\n').Should().Equal(source.Split('\n'));
    }

    [Fact]
    public void Readme_NamesEveryPackage()
    {
        var readme = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "README.md"));
        Packages.Allowed.Keys.Should().OnlyContain(package => readme.Contains($"`{package}`", StringComparison.Ordinal));
    }

    [Fact]
    public void Documents_LinkToFilesThatExist()
    {
        foreach (var document in Directory.EnumerateFiles(RepositoryRoot.Path, "*.md").Concat(Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, "docs"), "*.md", SearchOption.AllDirectories)))
        {
            foreach (Match link in Link().Matches(File.ReadAllText(document)))
            {
                var target = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(document)!, link.Groups[1].Value));
                (File.Exists(target) || Directory.Exists(target)).Should().BeTrue("{0} links to {1}", Path.GetFileName(document), link.Groups[1].Value);
            }
        }
    }

    [GeneratedRegex(@"<!-- first-screen: (\S+) -->\n```csharp\n(.*?)\n```", RegexOptions.Singleline)]
    private static partial Regex FirstScreen();

    [GeneratedRegex(@"\]\((?!https?:|#)([^)#]+)\)")]
    private static partial Regex Link();
}
