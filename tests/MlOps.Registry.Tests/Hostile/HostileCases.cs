namespace MlOps.Registry.Tests;

/// <summary>The catalogue. Parts of the expected message stand between asterisks.</summary>
internal static partial class HostileCases
{
    private static readonly string Megabytes = new('x', 10 << 20);

    public static IEnumerable<HostileCase> All() =>
        [.. Names(), .. Values(), .. References(), .. Runs(), .. Lifecycle(), .. Searches(), .. Damage(), .. Rows(), .. Files(), .. Graphs(), .. Documents(), .. Callers()];

    private static HostileCase Drafted<TException>(string name, string says, Func<HostileStore, ModelVersionDraft, ModelVersionDraft> spoil)
        where TException : Exception =>
        HostileCase.Of<TException>(name, says, store => store.Models.RegisterAsync(spoil(store, store.Draft)).AsTask());

    private static HostileCase Drafted<TException>(string name, string says, Func<ModelVersionDraft, ModelVersionDraft> spoil)
        where TException : Exception => Drafted<TException>(name, says, (_, draft) => spoil(draft));

    private static HostileCase Logged<TException>(string name, string says, Func<HostileStore, IRun, Task> act)
        where TException : Exception => HostileCase.Prepared<TException>(name, says, async store =>
        {
            var run = await store.RunAsync();
            return new Attack(async () =>
            {
                try
                {
                    await act(store, run);
                }
                finally
                {
                    await run.FlushAsync();
                }
            });
        });

    private static HostileCase Logged<TException>(string name, string says, Action<IRun> act)
        where TException : Exception => Logged<TException>(name, says, (_, run) =>
        {
            act(run);
            return Task.CompletedTask;
        });
}
