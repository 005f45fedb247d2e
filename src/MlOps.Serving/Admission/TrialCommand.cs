using System.Diagnostics;

namespace MlOps.Serving;

/// <summary>How the child process of trials is started on this machine: the runtime's own <c>dotnet</c> executes the assembly that lies beside this one.</summary>
internal sealed class TrialCommand
{
    private const string Program = "MlOps.Serving.Trial.dll";
    private static readonly string[] Passed = ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "TEMP", "TMP", "SystemRoot", "windir", "DOTNET_ROOT"];
    private readonly string _host;
    private readonly string _program;
    private readonly string _runtimeConfiguration;

    private TrialCommand(string host, string program, string runtimeConfiguration)
    {
        _host = host;
        _program = program;
        _runtimeConfiguration = runtimeConfiguration;
    }

    /// <summary>Finds the command.</summary>
    /// <param name="directory">Takes the configuration of the child's runtime.</param>
    /// <param name="why">Why there is none.</param>
    /// <returns>The command, or null where no child can be started: in applications of one file, or compiled ahead of time, or without <c>dotnet</c>.</returns>
    public static TrialCommand? Find(string directory, out string why)
    {
        var program = Path.Combine(AppContext.BaseDirectory, Program);
        if (!File.Exists(program))
        {
            why = $"'{Program}' is not beside the application";
            return null;
        }

        if (FindHost() is not { } host)
        {
            why = "there is no 'dotnet' that could run it";
            return null;
        }

        why = "";
        var configuration = Path.Combine(directory, $"trial-{Environment.Version}.runtimeconfig.json");
        if (!File.Exists(configuration))
            WriteConfiguration(configuration);
        return new TrialCommand(host, program, configuration);
    }

    /// <summary>Starts a child.</summary>
    /// <param name="memoryBytes">The private memory that it may take beside its own.</param>
    /// <param name="processorSeconds">The processor seconds after which the kernel ends it; 0 for no limit.</param>
    /// <returns>The process, its streams redirected.</returns>
    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started.</exception>
    public Process Start(long memoryBytes, int processorSeconds)
    {
        var start = new ProcessStartInfo(_host)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        foreach (var argument in (string[])["exec", "--runtimeconfig", _runtimeConfiguration])
            start.ArgumentList.Add(argument);
        if (AppContext.GetData("APP_CONTEXT_DEPS_FILES") is string { Length: > 0 } files && files.Split(';')[0] is var dependencies && File.Exists(dependencies))
        {
            start.ArgumentList.Add("--depsfile");
            start.ArgumentList.Add(dependencies);
        }

        foreach (var argument in (string[])[_program, memoryBytes.ToString(System.Globalization.CultureInfo.InvariantCulture), processorSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture)])
            start.ArgumentList.Add(argument);

        // What is tried may be hostile: the secrets in the host's environment are none of its business.
        start.Environment.Clear();
        foreach (var name in Passed)
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
                start.Environment[name] = value;
        }

        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        return Process.Start(start) ?? throw new System.ComponentModel.Win32Exception("No process was started.");
    }

    // <root>/shared/Microsoft.NETCore.App/<version>/System.Private.CoreLib.dll: the runtime that this process runs on is surely there.
    private static string? FindHost()
    {
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        string?[] candidates =
        [
            Path.GetFileName(Environment.ProcessPath) == name ? Environment.ProcessPath : null,
            Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", name),
            Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root ? Path.Combine(root, name) : null,
        ];
        return Array.Find(candidates, candidate => candidate is not null && File.Exists(candidate));
    }

    private static void WriteConfiguration(string path)
    {
        var text = $$"""
            {
              "runtimeOptions": {
                "tfm": "net{{Environment.Version.ToString(2)}}",
                "framework": { "name": "Microsoft.NETCore.App", "version": "{{Environment.Version}}" },
                "configProperties": { "System.GC.Server": false, "System.GC.Concurrent": false, "System.Globalization.Invariant": true }
              }
            }
            """;

        // Several processes may do so at once, with the same bytes; none sees half a file.
        var temporary = $"{path}.{Guid.NewGuid():n}";
        File.WriteAllText(temporary, text);
        try
        {
            File.Replace(temporary, path, null);
        }
        catch (FileNotFoundException)
        {
            File.Copy(temporary, path, overwrite: true);
            File.Delete(temporary);
        }
    }
}
