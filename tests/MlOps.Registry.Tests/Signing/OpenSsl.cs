using System.Diagnostics;

namespace MlOps.Registry.Tests;

/// <summary>The openssl command line: the judge that we did not write.</summary>
internal static class OpenSsl
{
    public static bool IsAvailable { get; } = Probe();

    public static string Run(string directory, params string[] arguments)
    {
        var (exit, output, error) = Start(directory, arguments);
        return exit == 0 ? output : throw new InvalidOperationException($"openssl {string.Join(' ', arguments)} ended with {exit}: {error}");
    }

    public static bool Succeeds(string directory, params string[] arguments) => Start(directory, arguments).Exit == 0;

    private static (int Exit, string Output, string Error) Start(string directory, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("openssl", arguments)
        {
            WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        })!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    private static bool Probe()
    {
        try
        {
            return Start(Path.GetTempPath(), ["version"]).Output.StartsWith("OpenSSL", StringComparison.Ordinal);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

/// <summary>A test that needs the openssl command line.</summary>
internal sealed class OpenSslFactAttribute : FactAttribute
{
    public OpenSslFactAttribute()
    {
        if (!OpenSsl.IsAvailable)
            Skip = "openssl is not installed; the fixtures that it made are verified without it.";
    }
}

/// <summary>A theory that needs the openssl command line.</summary>
internal sealed class OpenSslTheoryAttribute : TheoryAttribute
{
    public OpenSslTheoryAttribute()
    {
        if (!OpenSsl.IsAvailable)
            Skip = "openssl is not installed; the fixtures that it made are verified without it.";
    }
}
