using System.Text.Json;
using System.Text.RegularExpressions;

namespace MlOps.Packaging;

public sealed partial class RepositoryHygieneTests
{
    [Fact]
    public async Task CommittedFiles_NameNoRegistryHost()
    {
        // What this machine is configured with, besides the well-known ones; neither belongs into the repository.
        var hosts = UrlPattern().Matches(await SourcesAsync()).Select(match => match.Groups["host"].Value)
            .Where(host => host is not "localhost")
            .ToHashSet(StringComparer.OrdinalIgnoreCase);

        foreach (var (path, text) in await CommittedTextsAsync())
        {
            RegistryPattern().Matches(text).Select(match => match.Value).Should().BeEmpty(path);
            foreach (string host in hosts)
                text.Should().NotContain(host, path);
        }
    }

    [Fact]
    public async Task CommittedFiles_NameNoMachinePath()
    {
        string[] own = [Checkout.Root, Path.TrimEndingDirectorySeparator(Checkout.PackageRoot)];

        foreach (var (path, text) in await CommittedTextsAsync())
        {
            MachinePathPattern().Matches(text).Select(match => match.Value).Should().BeEmpty(path);
            foreach (string folder in own)
                text.Should().NotContain(folder, path);
        }
    }

    [Theory]
    [InlineData("eng/npm/package-lock.json")]
    [InlineData("eng/npm/gpu/package-lock.json")]
    public void LockFile_Read_HasHashesAndNoAddresses(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Checkout.Root, file)));
        var packages = document.RootElement.GetProperty("packages").EnumerateObject().Where(package => package.Name.Length > 0).ToList();

        packages.Should().NotBeEmpty();
        foreach (var package in packages)
        {
            package.Value.TryGetProperty("resolved", out _).Should().BeFalse(package.Name);
            package.Value.GetProperty("integrity").GetString().Should().StartWith("sha512-", package.Name);
        }
    }

    private static async Task<IReadOnlyList<(string Path, string Text)>> CommittedTextsAsync()
    {
        string listed = await DotNet.RunProgramAsync("git", Checkout.Root, [], "ls-files", "-z");
        return [.. listed.Split('\0', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(path => (Path: path, Full: Path.Combine(Checkout.Root, path)))
            .Where(file => File.Exists(file.Full))
            .Select(file => (file.Path, Bytes: File.ReadAllBytes(file.Full)))
            .Where(file => !file.Bytes.AsSpan(0, Math.Min(file.Bytes.Length, 8000)).Contains((byte)0))
            .Select(file => (file.Path, System.Text.Encoding.UTF8.GetString(file.Bytes)))];
    }

    private static async Task<string> SourcesAsync()
    {
        string nuget = await DotNet.RunAsync(Checkout.Root, "nuget", "list", "source");
        string npm = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";
        return nuget + await DotNet.RunProgramAsync(npm, Checkout.Root, [], "config", "get", "registry");
    }

    [GeneratedRegex(@"https?://(?<host>[^/\s:]+)")]
    private static partial Regex UrlPattern();

    [GeneratedRegex(@"https?://[\w.-]*(npmjs|yarnpkg|nuget\.org|debian\.org|pypi|jfrog|artifactory|nexus)[\w.-]*", RegexOptions.IgnoreCase)]
    private static partial Regex RegistryPattern();

    [GeneratedRegex(@"(?<![\w.~/$}>*-])/(home|Users|root|work)/\w+|[A-Z]:\\Users\\\w+", RegexOptions.IgnoreCase)]
    private static partial Regex MachinePathPattern();
}
