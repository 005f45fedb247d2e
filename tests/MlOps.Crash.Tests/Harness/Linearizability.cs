namespace MlOps.Crash.Tests;

/// <summary>
/// Looks for an order of a register's operations that respects real time and explains every answer: the search of Wing and Gong
/// (JPDC 1993) with Lowe's memory of configurations that led nowhere (CCPE 2017). A configuration is how far each process has come
/// and what the register holds.
/// </summary>
internal static class Linearizability
{
    private const int MostProcesses = 8;

    /// <returns>Null when there is such an order; else the operations that the longest one found could not go past.</returns>
    public static string? Explain(IEnumerable<RegisterOperation> history, int initial = 0)
    {
        var processes = history.GroupBy(operation => operation.Process)
            .Select(group => group.OrderBy(operation => operation.Invoked).ToArray()).ToArray();
        if (processes.Length > MostProcesses || processes.Any(operations => operations.Length > ushort.MaxValue))
            throw new ArgumentException($"At most {MostProcesses} processes of {ushort.MaxValue} operations each are checked.", nameof(history));
        var position = new int[processes.Length];
        var total = processes.Sum(operations => operations.Length);
        var path = new Stack<(int Process, int Before)>();
        var seen = new HashSet<(UInt128 Position, int Value)>();
        var (value, next, furthest, blocked) = (initial, 0, -1, "");
        while (path.Count < total)
        {
            var chosen = Choose(processes, position, value, next, seen);
            if (chosen >= 0)
            {
                path.Push((chosen, value));
                processes[chosen][position[chosen]++].Fits(value, out value);
                next = 0;
                continue;
            }

            if (path.Count > furthest)
                (furthest, blocked) = (path.Count, Describe(processes, position, value));
            if (path.Count == 0)
                return blocked;
            (chosen, value) = path.Pop();
            position[chosen]--;
            next = chosen + 1;
        }

        return null;
    }

    /// <summary>The first process from <paramref name="next"/> on whose operation can come next; -1 when there is none.</summary>
    private static int Choose(RegisterOperation[][] processes, int[] position, int value, int next, HashSet<(UInt128, int)> seen)
    {
        // Whoever was invoked after another one had returned comes after it.
        var limit = long.MaxValue;
        for (var i = 0; i < processes.Length; i++)
        {
            if (position[i] < processes[i].Length)
                limit = Math.Min(limit, processes[i][position[i]].Returned);
        }

        for (var i = next; i < processes.Length; i++)
        {
            if (position[i] == processes[i].Length || processes[i][position[i]] is var operation && (operation.Invoked > limit || !operation.Fits(value, out _)))
                continue;
            operation = processes[i][position[i]];
            operation.Fits(value, out var after);
            position[i]++;
            var isNew = seen.Add((Pack(position), after));
            position[i]--;
            if (isNew)
                return i;
        }

        return -1;
    }

    private static UInt128 Pack(int[] position)
    {
        var packed = UInt128.Zero;
        foreach (var at in position)
            packed = (packed << 16) | (UInt128)(uint)at;
        return packed;
    }

    private static string Describe(RegisterOperation[][] processes, int[] position, int value) =>
        $"the register holds {value} and none of these can come next: " +
        string.Join("; ", processes.Select((operations, i) => position[i] < operations.Length ? operations[position[i]].ToString() : "-"));
}
