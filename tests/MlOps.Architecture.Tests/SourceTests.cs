using System.Text.RegularExpressions;

namespace MlOps.Architecture;

public sealed partial class SourceTests
{
    public static IEnumerable<string> SourceFiles =>
        Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    [Fact]
    public void SourceFiles_StayReadable()
    {
        SourceFiles.Select(file => (Name: Path.GetFileName(file), Lines: File.ReadLines(file).Count()))
            .Where(file => file.Lines > 600).Should().BeEmpty("big engines are split into partial files by responsibility");
    }

    [Fact]
    public void SourceFiles_CarryNothingUnfinished()
    {
        foreach (var file in SourceFiles)
            Unfinished().Matches(File.ReadAllText(file)).Select(match => $"{Path.GetFileName(file)}: {match.Value}").Should().BeEmpty();
    }

    [Fact]
    public void EventIds_AreUniqueAndInTheirAreasRange()
    {
        var ranges = new Dictionary<string, int>
        {
            ["MlOps.Core"] = 1, ["MlOps.Sdk"] = 1, ["MlOps.Registry"] = 2, ["MlOps.FeatureStore"] = 3, ["MlOps.Serving"] = 4,
            ["MlOps.Orchestration"] = 5, ["MlOps.Monitoring"] = 6, ["MlOps.Learning"] = 7, ["Adapters"] = 8,
        };
        var seen = new Dictionary<int, string>();
        foreach (var file in SourceFiles)
        {
            var area = Path.GetRelativePath(Path.Combine(RepositoryRoot.Path, "src"), file).Split(Path.DirectorySeparatorChar)[0];
            foreach (Match match in EventId().Matches(File.ReadAllText(file)))
            {
                var id = int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
                seen.TryAdd(id, file).Should().BeTrue("event id {0} in {1} is taken by {2}", id, file, seen[id]);
                (id / 1000).Should().Be(ranges[area], "event id {0} stands in {1}", id, file);
            }
        }

        seen.Should().NotBeEmpty();
    }

    [GeneratedRegex(@"NotImplementedException|\bTODO\b|\bFIXME\b|\bHACK\b|#region")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"(?:EventId\s*=\s*|LoggerMessage\()(\d{4})")]
    private static partial Regex EventId();
}
