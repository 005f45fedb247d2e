using System.Diagnostics;
using System.Globalization;

namespace MlOps.Crash.Tests;

/// <summary>Several processes work on one model at once; what each was told is checked against what one register and one counter could have said.</summary>
internal sealed class ProcessRace
{
    private readonly Dictionary<string, List<RegisterOperation>> _registers = new(StringComparer.Ordinal);
    private readonly List<(long Invoked, long Returned, int Number)> _versions = [];
    private readonly Dictionary<int, int> _tags = [];

    public List<string> Broken { get; } = [];

    public int Operations { get; private set; }

    /// <summary>The longest that a process waited for one operation, by process.</summary>
    public Dictionary<int, TimeSpan> LongestWait { get; } = [];

    public TimeSpan Duration { get; private set; }

    public static async Task<ProcessRace> RunAsync(string directory, int processes, int operations, PlantedBug bug = PlantedBug.None)
    {
        var race = new ProcessRace();
        await RegistryHost.Open(directory).DisposeAsync();
        var started = Stopwatch.GetTimestamp();
        var children = Enumerable.Range(0, processes).Select(process => new ChildProcess(new RacePlan(directory, process, operations, bug).ToArguments())).ToList();
        var outputs = await Task.WhenAll(children.Select(child => child.Output.ReadToEndAsync()));
        race.Duration = Stopwatch.GetElapsedTime(started);
        for (var process = 0; process < processes; process++)
        {
            foreach (var line in outputs[process].Split('\n', StringSplitOptions.RemoveEmptyEntries))
                race.Add(process, line.Split(' '));
            // Whatever reached a caller but a lost comparison ended its process: SQLITE_BUSY above all.
            if (await children[process].Errors is { Length: > 0 } errors)
                race.Broken.Add($"process {process}: {errors}");
            if (await children[process].ExitAsync() is not 0 and var code)
                race.Broken.Add($"process {process} ended with {code}");
            children[process].Dispose();
        }

        race.CheckVersions();
        foreach (var (alias, history) in race._registers)
        {
            if (Linearizability.Explain(history) is { } impossible)
                race.Broken.Add($"alias {alias}: {impossible}");
        }

        await race.CheckStoreAsync(directory);
        return race;
    }

    private void Add(int process, string[] fields)
    {
        var (invoked, returned) = (Number(fields[1]), Number(fields[2]));
        Operations++;
        var wait = Stopwatch.GetElapsedTime(invoked, returned);
        if (wait > LongestWait.GetValueOrDefault(process))
            LongestWait[process] = wait;
        switch (fields[0])
        {
            case "V":
                _versions.Add((invoked, returned, (int)Number(fields[3])));
                break;
            case "T":
                _tags[process] = (int)Number(fields[3]);
                break;
            default:
                if (!_registers.TryGetValue(fields[3], out var history))
                    _registers[fields[3]] = history = [];
                history.Add(new RegisterOperation(
                    process, invoked, returned, Enum.Parse<RegisterOperationKind>(fields[4]), (int)Number(fields[5]), (int)Number(fields[6]), (int)Number(fields[7])));
                break;
        }
    }

    private void CheckVersions()
    {
        var numbers = _versions.Select(version => version.Number).Order().ToList();
        if (!numbers.SequenceEqual(Enumerable.Range(1, numbers.Count)))
            Broken.Add($"{numbers.Count} registrations were told {numbers.Distinct().Count()} numbers from {numbers.FirstOrDefault()} to {numbers.LastOrDefault()}");
        // Who came after another had its number got a larger one.
        var largest = 0;
        var returned = new PriorityQueue<int, long>();
        foreach (var version in _versions.OrderBy(version => version.Invoked))
        {
            while (returned.TryPeek(out var number, out var at) && at < version.Invoked)
                largest = Math.Max(largest, returned.Dequeue());
            if (version.Number < largest)
                Broken.Add($"number {version.Number} was given after {largest}");
            returned.Enqueue(version.Number, version.Returned);
        }
    }

    private async Task CheckStoreAsync(string directory)
    {
        Broken.AddRange(await RegistryCheck.RunAsync(directory, new Acknowledgements()));
        await using var host = RegistryHost.Open(directory);
        var first = await host.Models.GetAsync(new ModelVersionRef(RaceWork.Model, 1));
        foreach (var (process, number) in _tags)
        {
            if (first.Tags.GetValueOrDefault($"process{process}") != number.ToString(CultureInfo.InvariantCulture))
                Broken.Add($"the tag of process {process} should be {number} and is {first.Tags.GetValueOrDefault($"process{process}")}");
        }
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
