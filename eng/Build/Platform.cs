using System.Runtime.InteropServices;

namespace MlOps.Build;

/// <summary>What this machine is called by .NET and by the packages that carry native libraries.</summary>
internal static class Platform
{
    private static string Architecture => RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant();

    public static string RuntimeIdentifier =>
        (OperatingSystem.IsWindows() ? "win-" : OperatingSystem.IsMacOS() ? "osx-" : "linux-") + Architecture;

    /// <summary>As npm names it: <c>linux-x64</c>, <c>darwin-arm64</c>, <c>win32-x64</c>.</summary>
    public static string NpmIdentifier =>
        (OperatingSystem.IsWindows() ? "win32-" : OperatingSystem.IsMacOS() ? "darwin-" : "linux-") + Architecture;

    /// <summary>As Unity names the folders of a plug-in: <c>Linux/x64</c>.</summary>
    public static string PluginFolder =>
        (OperatingSystem.IsWindows() ? "Windows/" : OperatingSystem.IsMacOS() ? "macOS/" : "Linux/") + Architecture;

    public static string LibraryFile(string name) =>
        OperatingSystem.IsWindows() ? name + ".dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so";
}
