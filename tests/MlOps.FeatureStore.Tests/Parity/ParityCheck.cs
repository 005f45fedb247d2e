namespace MlOps.Features.Tests;

/// <summary>One random history through the join, the stream, snapshots and restarts, compared with the brute-force oracle bit for bit.</summary>
internal static class ParityCheck
{
    private const string Folder = "/features/view";

    /// <summary>Draws a history and compares; throws at the first difference.</summary>
    /// <returns>How many values were compared.</returns>
    public static int Run(int seed) => JoinParity.Run(seed) + RunOnline(seed);

    /// <summary>The online part alone.</summary>
    public static int RunOnline(int seed)
    {
        var draw = new HistoryGenerator(seed);
        var view = draw.View();
        var rows = draw.Rows(40);
        var questions = Enumerable.Range(0, 8).Select(_ => (K1: draw.Key(), K2: draw.Key(), At: draw.Question(view, rows))).ToList();
        using var history = JoinParity.History(new MemoryFiles(), view, rows, draw.Random, out _, out _);
        return CheckOnline(seed, view, rows, questions, draw.Random, history);
    }

    // Rows go online in the order in which they become known, in random chunks, some from history, with restarts and repeated deliveries.
    private static int CheckOnline(int seed, FeatureView view, List<RawRow> rows, List<(string K1, string K2, long At)> questions, Random random, OfflineSnapshot history)
    {
        var files = new MemoryFiles();
        var readLag = TimeSpan.FromMinutes(random.Next(3) == 0 ? random.Next(0, 100) : 0);
        var options = new FeatureStoreOptions { ReadLag = readLag, SnapshotLogBytes = random.Next(2) == 0 ? 400 : 1 << 20, SettlingRows = random.Next(2) == 0 ? 1 : random.Next(1, 17) };
        var online = new OnlineView(files, Folder, view.Plan, options, TimeProvider.System);
        Wait(online.OpenAsync(default));
        var known = rows.Select((row, at) => (row, at)).OrderBy(pair => view.AvailableAtColumn is null ? pair.row.Event : pair.row.Known).ThenBy(pair => pair.at).Select(pair => pair.row).ToList();
        long Known(RawRow row) => view.AvailableAtColumn is null ? row.Event : row.Known;
        var next = 0;
        var offset = 0L;
        var comparisons = 0;
        var ordered = questions.OrderBy(question => question.At).ToList();
        var isFromHistory = random.Next(3) == 0;
        for (var q = 0; q < ordered.Count; q++)
        {
            var (k1, k2, at) = ordered[q];
            if (isFromHistory && q < 3)
            {
                // The beginning comes from the offline store, in up to three increments.
                Wait(online.ChangeAsync(former => new Materializer(history, former, at, q == 1 && random.Next(2) == 0 ? online.EmptyState() : null, options, default).Run(), default));
                while (next < known.Count && Known(known[next]) <= at)
                    next++;
            }

            while (next < known.Count && Known(known[next]) <= at)
            {
                var take = 1;
                while (next + take < known.Count && Known(known[next + take]) <= at && random.Next(4) != 0)
                    take++;
                var push = new PushRecord("source", offset, RowBatchReader.Read(view.Plan, RawRow.Frame(known.GetRange(next, take))));
                Require(Ask(online.PushAsync(push, default)), "a new push is applied");
                if (random.Next(4) == 0)
                    Require(!Ask(online.PushAsync(push, default)), "a repeated delivery does nothing");
                offset++;
                next += take;
            }

            if (random.Next(4) == 0)
            {
                online.Dispose();
                online = new OnlineView(files, Folder, view.Plan, options, TimeProvider.System);
                Wait(online.OpenAsync(default));
            }

            comparisons += Same(Read(online, view, k1, k2, at), Oracle.Ask(view, rows, k1, k2, at, at), seed, "online", q);
        }

        online.Dispose();
        return comparisons;
    }

    // Rows go online in chunks, roughly by availability or in any order, partly from history, with restarts under other settings between; after
    // each chunk, moments from the exact one up to beyond the newest availability are asked about.
    public static (int Compared, int Hidden) RunWithinTheLag(int seed)
    {
        var draw = new HistoryGenerator(seed + 1_000_000);
        var random = draw.Random;
        var view = draw.View();
        var rows = draw.Rows(random.Next(4) == 0 ? 150 : 40);
        var isTimed = view.AvailableAtColumn is not null;
        long Known(RawRow row) => isTimed ? row.Known : row.Event;
        var disorder = random.Next(3) switch { 0 => 0, 1 => 90, _ => 100_000 };
        rows = [.. rows.Select(row => (row, at: Known(row) + random.Next(disorder + 1) * 60_000_000L)).OrderBy(pair => pair.at).Select(pair => pair.row)];
        FeatureStoreOptions Options() => new()
        {
            ReadLag = TimeSpan.FromMinutes(random.Next(4) switch { 0 => 0, 1 => random.Next(30), 2 => random.Next(200), _ => random.Next(3000) }),
            SettlingRows = random.Next(4) switch { 0 => 16, 1 => random.Next(1, 5), _ => 1 },
            SnapshotLogBytes = random.Next(2) == 0 ? 400 : 1 << 20,
        };
        var files = new MemoryFiles();
        var options = Options();
        var online = new OnlineView(files, Folder, view.Plan, options, TimeProvider.System);
        Wait(online.OpenAsync(default));
        int compared = 0, hidden = 0, next = 0;
        var pushed = new List<RawRow>();
        if (random.Next(3) == 0 && rows.Count > 0)
        {
            using var history = JoinParity.History(files, view, rows, random, out _, out _);
            var upTo = Known(rows[random.Next(rows.Count)]);
            Wait(online.ChangeAsync(former => new Materializer(history, former, upTo, random.Next(2) == 0 ? online.EmptyState() : null, options, default).Run(), default));
            pushed.AddRange(rows.Where(row => Known(row) <= upTo));
            rows = [.. rows.Where(row => Known(row) > upTo)];
        }

        for (var offset = 0L; ; offset++)
        {
            if (random.Next(4) == 0)
            {
                online.Dispose();
                options = random.Next(2) == 0 ? options : Options();
                online = new OnlineView(files, Folder, view.Plan, options, TimeProvider.System);
                Wait(online.OpenAsync(default));
            }

            var state = online.State!;
            var newest = pushed.Count == 0 ? 0 : pushed.Max(Known);
            for (var q = 0; q < 4; q++)
            {
                var at = draw.Question(view, rows.Count == 0 ? pushed : rows);
                if (pushed.Count > 0 && random.Next(3) != 0)
                {
                    var lag = options.ReadLag.Ticks / 10;
                    at = random.Next(3) switch { 0 => newest - lag, 1 => newest - random.NextInt64(lag + 1), _ => Known(pushed[random.Next(pushed.Count)]) + random.Next(3) - 1 };
                }

                var (k1, k2) = (draw.Key(), draw.Key());
                var actual = Read(online, view, k1, k2, at, out var isExact);
                Require(isExact == (at >= state.ExactFrom), "a read says whether it is exact");
                if (!isExact)
                    continue;
                compared += Same(actual, Oracle.Ask(view, pushed, k1, k2, at, at), seed, $"read at {at} (newest {newest}, exact from {state.ExactFrom})", q);
                hidden += pushed.Any(row => row.Key1 == k1 && row.Event <= at && Known(row) > at) ? 1 : 0;
            }

            if (next == rows.Count)
                break;
            var take = random.Next(1, Math.Min(rows.Count - next, 20) + 1);
            var chunk = rows.GetRange(next, take);
            var push = new PushRecord("source", offset, RowBatchReader.Read(view.Plan, RawRow.Frame(chunk)));
            Require(Ask(online.PushAsync(push, default)), "a new push is applied");
            if (random.Next(4) == 0)
                Require(!Ask(online.PushAsync(push, default)), "a repeated delivery does nothing");
            pushed.AddRange(chunk);
            next += take;
        }

        online.Dispose();
        return (compared, hidden);
    }

    private static object?[] Read(OnlineView online, FeatureView view, string k1, string k2, long at) => Read(online, view, k1, k2, at, out _);

    private static object?[] Read(OnlineView online, FeatureView view, string k1, string k2, long at, out bool isExact)
    {
        var state = online.State!;
        var entity = state.Keys.First(k1);
        if (view.Keys.Count == 2)
            entity = state.Keys.Next(entity, 1, k2);
        var values = new float[view.FeatureNames.Count];
        isExact = state.Read(entity, at, [.. Enumerable.Range(0, values.Length)], values);
        return [.. values.Select(value => (object)value)];
    }

    // The claims run this file too, without a test library.
    private static void Require(bool holds, string what)
    {
        if (!holds)
            throw new InvalidOperationException($"It does not hold that {what}.");
    }

    internal static int Same(object?[] actual, object?[] expected, int seed, string what, int question)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            if (!Equals(Bits(actual[i]), Bits(expected[i])))
                throw new InvalidOperationException($"{what} of seed {seed}, question {question}, feature {i}: {actual[i] ?? "null"} instead of {expected[i] ?? "null"}");
        }

        return expected.Length;
    }

    private static object? Bits(object? value) => value switch
    {
        float number => BitConverter.SingleToInt32Bits(number),
        double number => BitConverter.DoubleToInt64Bits(number),
        _ => value,
    };

    private static void Wait(ValueTask task) => task.AsTask().GetAwaiter().GetResult();

    private static void Wait<T>(ValueTask<T> task) => Ask(task);

    private static T Ask<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();
}
