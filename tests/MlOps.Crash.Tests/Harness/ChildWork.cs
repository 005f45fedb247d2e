namespace MlOps.Crash.Tests;

/// <summary>The work of child processes; the first argument names it.</summary>
internal static class ChildWork
{
    /// <returns>The exit code, or null when the arguments name no work.</returns>
    public static async Task<int?> TryRunAsync(string[] arguments)
    {
        switch (arguments)
        {
            case ["registry", ..]:
                await RegistryWork.RunAsync(WorkPlan.Parse(arguments));
                return 0;
            case ["race", ..]:
                await RaceWork.RunAsync(RacePlan.Parse(arguments));
                return 0;
            case ["features", ..]:
                await FeatureWork.RunAsync(FeaturePlan.Parse(arguments));
                return 0;
            case ["open", var environment, var directory]:
                await OpenWork.RunAsync(environment, directory);
                return 0;
            default:
                return null;
        }
    }
}
