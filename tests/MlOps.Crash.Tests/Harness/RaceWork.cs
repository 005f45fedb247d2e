using System.Diagnostics;
using System.Globalization;
using MlOps.Registry;

namespace MlOps.Crash.Tests;

/// <summary>What one of several processes does to the model that all share; every operation is told with its times.</summary>
internal sealed class RaceWork
{
    public const string Model = "shared";
    private static readonly string[] Aliases = ["champion", "challenger"];
    private static readonly MetadataSchema Schema = new("race", ["CREATE TABLE race_version (number BIGINT PRIMARY KEY, process BIGINT NOT NULL)"]);
    private readonly RacePlan _plan;
    private readonly RegistryHost _host;
    private readonly MetadataArea _area;
    private readonly Random _random;
    private readonly int[] _seen = new int[Aliases.Length];
    private int _newest;

    private RaceWork(RacePlan plan, RegistryHost host)
    {
        _plan = plan;
        _host = host;
        _area = new MetadataArea(host.Context.Metadata, Schema);
        _random = new Random(plan.Process + 1);
    }

    public static async Task RunAsync(RacePlan plan)
    {
        await using var host = RegistryHost.Open(plan.Directory, bug: plan.Bug);
        var work = new RaceWork(plan, host);
        var draft = await new ModelVersionBuilder(host.Context.Artifacts, Model)
            .WithSignature(new ModelSignature([], [], []))
            .WithDefinition("""{"kind":"linear"}""")
            .BuildAsync();
        for (var number = 0; number < plan.Operations; number++)
            await work.ActAsync(draft, number);
    }

    private Task ActAsync(ModelVersionDraft draft, int number) => _newest == 0 ? RegisterAsync(draft, number) : _random.Next(20) switch
    {
        < 5 => RegisterAsync(draft, number),
        < 7 => TagAsync(number),
        < 11 => ReadAsync(_random.Next(Aliases.Length)),
        < 13 => SwapAsync(_random.Next(Aliases.Length)),
        _ => CompareAndSetAsync(_random.Next(Aliases.Length)),
    };

    private async Task RegisterAsync(ModelVersionDraft draft, int number)
    {
        var invoked = Stopwatch.GetTimestamp();
        var version = _plan.Bug == PlantedBug.LargestPlusOne
            ? await TakeLargestPlusOneAsync()
            : (await _host.Models.RegisterAsync(draft with { Description = $"{_plan.Process}-{number}" })).Version;
        Say("V", invoked, version);
        _newest = version;
    }

    /// <summary>The planted bug: the number is read before the transaction that uses it.</summary>
    private async Task<int> TakeLargestPlusOneAsync()
    {
        var number = (await _area.ReadAsync((session, _) => session.ScalarAsync("SELECT max(number) FROM race_version")) ?? 0) + 1;
        await _area.WriteAsync((session, _) => session.ExecuteAsync(
            "INSERT INTO race_version (number, process) VALUES (@number, @process) ON CONFLICT (number) DO UPDATE SET process = excluded.process",
            ("number", number), ("process", _plan.Process)));
        // Real versions for the aliases to stand at.
        await _host.Models.RegisterAsync(await new ModelVersionBuilder(_host.Context.Artifacts, Model).WithSignature(new ModelSignature([], [], [])).BuildAsync());
        return (int)number;
    }

    private async Task TagAsync(int number)
    {
        var invoked = Stopwatch.GetTimestamp();
        await _host.Models.SetTagsAsync(new ModelVersionRef(Model, 1), new Dictionary<string, string?> { [$"process{_plan.Process}"] = Text(number) });
        Say("T", invoked, number);
    }

    private async Task ReadAsync(int alias)
    {
        var invoked = Stopwatch.GetTimestamp();
        var version = (await _host.Models.FindAsync(Model, Aliases[alias]))?.Version ?? 0;
        SayRegister(invoked, alias, RegisterOperationKind.Read, 0, 0, version);
        _seen[alias] = version;
    }

    private async Task SwapAsync(int alias)
    {
        var target = _random.Next(1, _newest + 1);
        var invoked = Stopwatch.GetTimestamp();
        var change = await _host.Models.SetAliasAsync(new ModelVersionRef(Model, target), Aliases[alias], "swap");
        SayRegister(invoked, alias, RegisterOperationKind.Swap, target, 0, change.From ?? 0);
        _seen[alias] = target;
    }

    private async Task CompareAndSetAsync(int alias)
    {
        if (_random.Next(2) == 0)
            await ReadAsync(alias);
        var (target, expected) = (_random.Next(1, _newest + 1), _seen[alias]);
        var invoked = Stopwatch.GetTimestamp();
        var succeeded = true;
        try
        {
            if (_plan.Bug == PlantedBug.CompareOutside)
            {
                succeeded = ((await _host.Models.FindAsync(Model, Aliases[alias]))?.Version ?? 0) == expected;
                if (succeeded)
                    await _host.Models.SetAliasAsync(new ModelVersionRef(Model, target), Aliases[alias], "compared outside");
            }
            else
            {
                await _host.Models.SetAliasAsync(new ModelVersionRef(Model, target), Aliases[alias], "compared", expected);
            }
        }
        catch (ConcurrencyConflictException)
        {
            succeeded = false;
        }

        SayRegister(invoked, alias, RegisterOperationKind.CompareAndSet, target, expected, succeeded ? 1 : 0);
        if (succeeded)
            _seen[alias] = target;
    }

    private void SayRegister(long invoked, int alias, RegisterOperationKind kind, int written, int expected, int answer) =>
        Console.Out.Write($"R {Text(invoked)} {Text(Stopwatch.GetTimestamp())} {Aliases[alias]} {kind} {Text(written)} {Text(expected)} {Text(answer)}\n");

    private static void Say(string what, long invoked, int number) => Console.Out.Write($"{what} {Text(invoked)} {Text(Stopwatch.GetTimestamp())} {Text(number)}\n");

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
