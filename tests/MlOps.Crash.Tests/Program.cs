namespace MlOps.Crash.Tests;

/// <summary>The processes that the tests start and kill: the first argument names the work.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] arguments)
    {
        if (await ChildWork.TryRunAsync(arguments) is { } code)
            return code;
        switch (arguments)
        {
            case ["store", var directory]:
                await StoreWork.RunAsync(directory, int.MaxValue, parallel: 4);
                return 0;
            case ["store", var directory, var writes]:
                await StoreWork.RunAsync(directory, int.Parse(writes, System.Globalization.CultureInfo.InvariantCulture), parallel: 1);
                return 0;
            default:
                await Console.Error.WriteLineAsync("Unknown work: " + string.Join(' ', arguments));
                return 2;
        }
    }
}
