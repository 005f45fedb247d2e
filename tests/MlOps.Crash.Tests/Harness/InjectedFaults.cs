using System.Globalization;

namespace MlOps.Crash.Tests;

/// <summary>
/// Makes the kernel answer a system call of a working process with an error, by strace: the store's own files and SQLite's alike.
/// The call is counted per thread, so a fault may strike once in each of them.
/// </summary>
internal static class InjectedFaults
{
    private const string Strace = "/usr/bin/strace";

    /// <summary>Null when faults can be injected here, else what is missing.</summary>
    public static string? Missing { get; } =
        !OperatingSystem.IsLinux() ? "faults are injected by strace, which is Linux's" : File.Exists(Strace) ? null : "strace is not there: install it";

    /// <returns>What was acknowledged and refused, and every broken promise.</returns>
    public static async Task<(Acknowledgements Acknowledged, List<string> Broken)> RunAsync(string directory, string call, string error, int when)
    {
        var acknowledged = new Acknowledgements();
        var broken = new List<string>();
        var plan = new WorkPlan { Directory = directory, Workers = 1, Operations = 14, Mix = "uvatr", LargeBytes = 300_000 };
        var inject = $"inject={call}:error={error}:when={when.ToString(CultureInfo.InvariantCulture)}";
        using (var child = ChildProcess.Under([Strace, "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=" + call, "-e", inject], plan.ToArguments()))
        {
            while (await child.Output.ReadLineAsync() is { } line)
                acknowledged.Add(line);
            var code = await child.ExitAsync();
            // A process that could not open its store says why and ends; one that could goes on after the fault.
            if (code != 0 && !(acknowledged.Count == 0 && (await child.Errors).Contains(nameof(StorageException), StringComparison.Ordinal)))
                broken.Add($"{inject}: ended with {code} after {acknowledged.Count} acknowledged: {await child.Errors}");
            if (code == 0 && !acknowledged.Done)
                broken.Add($"{inject}: did not go on after {acknowledged.Count} acknowledged");
        }

        broken.AddRange((await RegistryCheck.RunAsync(directory, acknowledged)).Select(promise => $"{inject}: {promise}"));
        // The fault has gone: the next process works as if nothing had been.
        using (var child = new ChildProcess((plan with { Generation = 1, Operations = 4 }).ToArguments()))
        {
            var refused = acknowledged.Errors.Count;
            while (await child.Output.ReadLineAsync() is { } line)
                acknowledged.Add(line);
            if (await child.ExitAsync() != 0 || acknowledged.Errors.Count > refused)
                broken.Add($"{inject}: the next process failed: {await child.Errors} {acknowledged.Errors.LastOrDefault()}");
        }

        broken.AddRange((await RegistryCheck.SweepAsync(directory, acknowledged)).Select(promise => $"{inject}, afterwards: {promise}"));
        return (acknowledged, broken);
    }
}
