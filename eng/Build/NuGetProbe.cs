namespace MlOps.Build;

/// <summary>Asks this machine's NuGet feeds, by a restore in a scratch folder, whether they have a package.</summary>
internal static class NuGetProbe
{
    /// <returns>True and false are the feed's word; null means that it could not be asked.</returns>
    public static async Task<bool?> HasAsync(string folder, string[] packages, string version, CancellationToken cancellationToken)
    {
        Npm.DeleteFolder(folder);
        Directory.CreateDirectory(folder);
        string references = string.Concat(packages.Select(id => $"""<PackageReference Include="{id}" Version="{version}" />"""));
        // Empty ones stop MSBuild from going up to the checkout's.
        foreach (string name in new[] { "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props" })
            File.WriteAllText(Path.Combine(folder, name), "<Project />");
        File.WriteAllText(
            Path.Combine(folder, "Probe.csproj"),
            $"""<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup><ItemGroup>{references}</ItemGroup></Project>""");

        var result = await Tool.CapturedAsync(
            "dotnet", ["restore", "Probe.csproj", "-v", "quiet"], folder, cancellationToken, TimeSpan.FromMinutes(5));
        Npm.DeleteFolder(folder);
        if (result.Succeeded)
            return true;
        string[] notFound = ["NU1101", "NU1102", "NU1103"];
        return notFound.Any(result.Output.Contains) ? false : null;
    }
}
