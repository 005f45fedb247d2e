namespace MlOps.Registry.Tests;

/// <summary>What a hostile caller or file does, and how it must end. <see cref="Prepare"/> may change the store lawfully; what it returns may not change it.</summary>
internal sealed record HostileCase(string Name, Type Expected, string[] Says, Func<HostileStore, Task<Attack>> Prepare)
{
    public static HostileCase Of<TException>(string name, string says, Func<HostileStore, Task> act)
        where TException : Exception =>
        new(name, typeof(TException), Parts(says), store => Task.FromResult(new Attack(() => act(store))));

    public static HostileCase Prepared<TException>(string name, string says, Func<HostileStore, Task<Attack>> prepare)
        where TException : Exception => new(name, typeof(TException), Parts(says), prepare);

    public override string ToString() => Name;

    private static string[] Parts(string says) => says.Split('*', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>The act, and what puts right the damage that it stands for.</summary>
internal sealed record Attack(Func<Task> Act, Action? Undo = null);
