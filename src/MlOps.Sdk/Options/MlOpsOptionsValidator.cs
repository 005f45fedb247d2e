using System.Globalization;
using Microsoft.Extensions.Options;
using MlOps.Environments;

namespace MlOps;

/// <summary>Checks the whole configuration and lists every mistake at once, each with its key, the value seen and the remedy.</summary>
internal sealed class MlOpsOptionsValidator(DeclaredEnvironments declared) : IValidateOptions<MlOpsOptions>
{
    public ValidateOptionsResult Validate(string? name, MlOpsOptions options)
    {
        var failures = new List<string>();
        if (string.IsNullOrWhiteSpace(options.Path) && options.Environments.Values.Any(e => string.IsNullOrWhiteSpace(e.Store.Path)))
            failures.Add("MlOps:Path is empty: give a directory, or a Store:Path to every environment.");
        if (options.DefaultEnvironment is { } chosen && !declared.Contains(chosen))
            failures.Add($"MlOps:DefaultEnvironment is '{chosen}', which is not declared. {NearestNames.Describe(chosen, declared.Names)}");
        foreach (var environment in options.Environments.Keys.Where(key => !EnvironmentNames.IsValid(key.ToLowerInvariant())))
            failures.Add($"MlOps:Environments:{environment} is not an allowed name: use 1 to 63 of a-z, 0-9 and '-', beginning with a letter.");
        foreach (var environment in declared.Names)
            CheckEnvironment(environment, declared.Resolve(options, environment), failures);
        CheckDirectories(options, failures);
        CheckRoutes(options, failures);
        if ((options.Roles & ~MlOpsRoles.All) != 0)
            failures.Add($"MlOps:Roles is '{options.Roles}': use {string.Join(", ", Enum.GetNames<MlOpsRoles>())}.");
        if (failures.Count > 0)
            AddUnusableDirectories(options, failures);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private void CheckEnvironment(string name, EnvironmentOptions options, List<string> failures)
    {
        var key = $"MlOps:Environments:{name}";
        if (!Enum.IsDefined(options.Kind ?? EnvironmentKind.Sandbox))
            failures.Add($"{key}:Kind is '{options.Kind}': use Sandbox, Staging or Production.");
        if (!string.Equals(options.Store.Provider, "FileSystem", StringComparison.OrdinalIgnoreCase))
            failures.Add($"{key}:Store:Provider is '{options.Store.Provider}': this host has 'FileSystem' only. Remove the setting, or add the adapter package that brings it.");
        if (options.Approvals is < 0 or > 100)
            failures.Add($"{key}:Approvals is {options.Approvals}: use 0 to 100.");
        if (options.Approvals > 0 && options.PromotesFrom is null)
            failures.Add($"{key}:Approvals is {options.Approvals} but PromotesFrom is not set, so that nothing would ever ask for them: set PromotesFrom or remove Approvals.");
        if (options.PromotesFrom is { } source)
        {
            if (!declared.Contains(source))
                failures.Add($"{key}:PromotesFrom is '{source}', which is not declared. {NearestNames.Describe(source, declared.Names)}");
            else if (string.Equals(source, name, StringComparison.OrdinalIgnoreCase))
                failures.Add($"{key}:PromotesFrom is the environment itself: name another one.");
        }

        if (options.Artifacts.QuotaBytes < 0)
            failures.Add($"{key}:Artifacts:QuotaBytes is {options.Artifacts.QuotaBytes}: use 0 or more bytes, or remove it for no limit.");
        if (options.Artifacts.CollectEvery is { } every && (every < TimeSpan.FromMinutes(1) || every > TimeSpan.FromDays(30)))
            failures.Add($"{key}:Artifacts:CollectEvery is {every}: use 00:01:00 (one minute) to 30.00:00:00 (30 days), or remove it to collect only when asked.");
        if (options.Artifacts.CollectOlderThan < TimeSpan.FromHours(1) || options.Artifacts.CollectOlderThan > TimeSpan.FromDays(365))
            failures.Add($"{key}:Artifacts:CollectOlderThan is {options.Artifacts.CollectOlderThan}: use 01:00:00 (one hour) to 365.00:00:00, so that what writers just stored is safe.");
        _ = SignaturePolicyReader.Read(options.Signatures, $"{key}:Signatures", failures);
        if (options.Serving.MaxBatchSize is < 1 or > 65_536)
            failures.Add($"{key}:Serving:MaxBatchSize is {options.Serving.MaxBatchSize}: use 1 to 65536.");
        if (options.Serving.MaxQueueLength is < 1 or > 1_048_576)
            failures.Add($"{key}:Serving:MaxQueueLength is {options.Serving.MaxQueueLength}: use 1 to 1048576.");
        foreach (var (model, tuned) in options.Serving.Models)
            tuned.Validate($"{key}:Serving:Models:{model}", failures);
        foreach (var (endpoint, traffic) in options.Traffic)
        {
            foreach (var (version, weight) in traffic.Weights)
            {
                if (!int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1)
                    failures.Add($"{key}:Traffic:{endpoint}:Weights:{version} does not name a version: use its number, for instance '3'.");
                if (!double.IsFinite(weight) || weight <= 0)
                    failures.Add($"{key}:Traffic:{endpoint}:Weights:{version} is {weight}: weights are positive; leave a version out to give it no traffic.");
            }
        }

        foreach (var (setting, mistake) in options.Roles.Mistakes())
            failures.Add($"{key}:Roles:{setting} {mistake}");
        foreach (var (metric, gate) in options.Gates)
        {
            if (gate.Min is null && gate.Max is null && gate.BetterThanChampionBy is null)
                failures.Add($"{key}:Gates:{metric} bounds nothing: set Min, Max or BetterThanChampionBy.");
            else if (gate.Min > gate.Max)
                failures.Add($"{key}:Gates:{metric} has Min {gate.Min} above Max {gate.Max}: no value can pass.");
            if (new[] { gate.Min, gate.Max, gate.BetterThanChampionBy }.Any(bound => bound is { } value && !double.IsFinite(value)))
                failures.Add($"{key}:Gates:{metric} has a bound that is not a finite number.");
        }
    }

    private void CheckDirectories(MlOpsOptions options, List<string> failures)
    {
        var comparison = OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        var directories = new List<(string Name, string Directory)>();
        foreach (var name in declared.Names)
        {
            string directory;
            try
            {
                directory = System.IO.Path.TrimEndingDirectorySeparator(declared.DirectoryOf(options, name));
            }
            catch (ArgumentException error)
            {
                failures.Add($"MlOps:Environments:{name}:Store:Path is not a path: {error.Message}");
                continue;
            }

            foreach (var (other, taken) in directories)
            {
                if (string.Equals(directory, taken, comparison))
                    failures.Add($"Environments '{other}' and '{name}' both use the directory '{directory}': give each a Store:Path of its own.");
                else if (IsInside(directory, taken) || IsInside(taken, directory))
                    failures.Add($"The directories of environments '{other}' ('{taken}') and '{name}' ('{directory}') lie within each other: put them side by side.");
            }

            directories.Add((name, directory));
        }

        bool IsInside(string inner, string outer) => inner.StartsWith(outer + System.IO.Path.DirectorySeparatorChar, comparison);
    }

    // The host will not start anyway: what opening the stores would find next is said at once.
    private void AddUnusableDirectories(MlOpsOptions options, List<string> failures)
    {
        foreach (var name in declared.Names)
        {
            if (declared.Resolve(options, name).Store.Path?.Contains('\0', StringComparison.Ordinal) != true)
                failures.AddRange(EnvironmentStores.Validate(name, declared.DirectoryOf(options, name)).Select(problem => $"{name}: {problem.Message}"));
        }
    }

    private void CheckRoutes(MlOpsOptions options, List<string> failures)
    {
        foreach (var start in declared.Names)
        {
            var seen = new List<string> { start };
            var next = declared.Resolve(options, start).PromotesFrom?.ToLowerInvariant();
            while (next is not null && declared.Contains(next) && !seen.Contains(next))
            {
                seen.Add(next);
                next = declared.Resolve(options, next).PromotesFrom?.ToLowerInvariant();
            }

            if (next is not null && next == start && seen.Count > 1 && string.CompareOrdinal(start, seen.Min(StringComparer.Ordinal)) == 0)
                failures.Add($"PromotesFrom goes in a circle: {string.Join(" <- ", seen)} <- {start}. Remove one of them.");
        }
    }
}
