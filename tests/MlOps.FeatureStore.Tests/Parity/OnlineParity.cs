namespace MlOps.Features.Tests;

/// <summary>One random history through pushes, materialisation, snapshots and restarts, every read compared with the brute-force oracle bit for bit.</summary>
internal static class OnlineParity
{
    private const string Folder = "/features/view";

    /// <summary>
    /// Rows go online in the order in which they become known, in random chunks, some from history, with restarts and repeated deliveries; throws at the
    /// first difference.
    /// </summary>
    /// <returns>How many values were compared.</returns>
    public static int Run(int seed)
    {
        var draw = new HistoryGenerator(seed);
        var random = draw.Random;
        var view = draw.View();
        var rows = draw.Rows(40);
        var questions = Enumerable.Range(0, 8).Select(_ => (K1: draw.Key(), K2: draw.Key(), At: draw.Question(view, rows))).ToList();
        questions.Add(("unknown", "A", questions[0].At));
        questions.Add(questions[1]);
        var files = new MemoryFiles();
        var options = new FeatureStoreOptions
        {
            ReadLag = TimeSpan.FromMinutes(random.Next(3) == 0 ? random.Next(0, 100) : 0),
            SnapshotLogBytes = random.Next(2) == 0 ? 400 : 1 << 20,
            SettlingRows = random.Next(2) == 0 ? 1 : random.Next(1, 17),
            MaterializeCommitRows = random.Next(1, 30),
        };
        var online = Open(files, view, options);
        var known = rows.Select((row, at) => (row, at)).OrderBy(pair => Known(view, pair.row)).ThenBy(pair => pair.at).Select(pair => pair.row).ToList();
        using var segments = random.Next(2) == 0 ? JoinParity.History(new MemoryFiles(), view, rows, random, out _, out _) : null;
        IEntityHistory history = segments is null ? new ListHistory(view, rows, Commits(rows.Count, random)) : new OfflineHistory(segments);
        var next = 0;
        var offset = 0L;
        var comparisons = 0;
        var isFromHistory = random.Next(3) == 0;
        var ordered = questions.OrderBy(question => question.At).ToList();
        for (var q = 0; q < ordered.Count; q++)
        {
            var (k1, k2, at) = ordered[q];
            if (isFromHistory && q < 3)
            {
                // The beginning comes from history, in up to three increments.
                history.Restart();
                Ask(online.MaterializeAsync(history, at, new MaterializeOptions { Rebuild = q == 1 && random.Next(2) == 0 }, default));
                while (next < known.Count && Known(view, known[next]) <= at)
                    next++;
            }

            while (next < known.Count && Known(view, known[next]) <= at)
            {
                var take = 1;
                while (next + take < known.Count && Known(view, known[next + take]) <= at && random.Next(4) != 0)
                    take++;
                Push(online, view, known.GetRange(next, take), offset++, random);
                next += take;
            }

            if (random.Next(4) == 0)
            {
                online.Dispose();
                online = Open(files, view, options);
            }

            comparisons += Compare(online, view, rows, k1, k2, at, $"online of seed {seed}, question {q}", out _);
        }

        Require(online.State!.UnreplaceableRows == 0, "rows in order of availability replace one another");
        online.Dispose();
        return comparisons;
    }

    /// <summary>
    /// Rows go online in chunks, roughly by availability or in any order, partly from history, with restarts under other settings between; after each
    /// chunk, moments from the exact one up to beyond the newest availability are asked about.
    /// </summary>
    public static (int Compared, int Hidden) RunWithinTheLag(int seed)
    {
        var draw = new HistoryGenerator(seed + 1_000_000);
        var random = draw.Random;
        var view = draw.View();
        var rows = draw.Rows(random.Next(4) == 0 ? 150 : 40);
        var disorder = random.Next(3) switch { 0 => 0, 1 => 90, _ => 100_000 };
        rows = [.. rows.Select(row => (row, at: Known(view, row) + random.Next(disorder + 1) * 60_000_000L)).OrderBy(pair => pair.at).Select(pair => pair.row)];
        FeatureStoreOptions Options() => new()
        {
            ReadLag = TimeSpan.FromMinutes(random.Next(4) switch { 0 => 0, 1 => random.Next(30), 2 => random.Next(200), _ => random.Next(3000) }),
            SettlingRows = random.Next(4) switch { 0 => 16, 1 => random.Next(1, 5), _ => 1 },
            SnapshotLogBytes = random.Next(2) == 0 ? 400 : 1 << 20,
            MaterializeCommitRows = random.Next(1, 30),
        };
        var files = new MemoryFiles();
        var options = Options();
        var online = Open(files, view, options);
        int compared = 0, hidden = 0, next = 0;
        var pushed = new List<RawRow>();
        if (random.Next(3) == 0 && rows.Count > 0)
        {
            var upTo = Known(view, rows[random.Next(rows.Count)]);
            Ask(online.MaterializeAsync(new ListHistory(view, rows, Commits(rows.Count, random)), upTo, new MaterializeOptions { Rebuild = random.Next(2) == 0 }, default));
            pushed.AddRange(rows.Where(row => Known(view, row) <= upTo));
            rows = [.. rows.Where(row => Known(view, row) > upTo)];
        }

        for (var offset = 0L; ; offset++)
        {
            if (random.Next(4) == 0)
            {
                online.Dispose();
                options = random.Next(2) == 0 ? options : Options();
                online = Open(files, view, options);
            }

            var state = online.State!;
            if (state.UnreplaceableRows > 0)
                break;
            var newest = pushed.Count == 0 ? 0 : pushed.Max(row => Known(view, row));
            for (var q = 0; q < 4; q++)
            {
                var at = draw.Question(view, rows.Count == 0 ? pushed : rows);
                if (pushed.Count > 0 && random.Next(3) != 0)
                {
                    var lag = options.ReadLag.Ticks / 10;
                    at = random.Next(3) switch { 0 => newest - lag, 1 => newest - random.NextInt64(lag + 1), _ => Known(view, pushed[random.Next(pushed.Count)]) + random.Next(3) - 1 };
                }

                if (at < state.ExactFrom)
                    continue;
                var (k1, k2) = (draw.Key(), draw.Key());
                compared += Compare(online, view, pushed, k1, k2, at, $"read of seed {seed} at {at} (newest {newest}, exact from {state.ExactFrom}), question {q}", out var isExact);
                Require(isExact, "a read says whether it is exact");
                hidden += pushed.Any(row => row.Key1 == k1 && row.Event <= at && Known(view, row) > at) ? 1 : 0;
            }

            if (random.Next(6) == 0)
                state.DropExpired();
            if (next == rows.Count)
                break;
            var take = random.Next(1, Math.Min(rows.Count - next, 20) + 1);
            var chunk = rows.GetRange(next, take);
            Push(online, view, chunk, offset, random);
            pushed.AddRange(chunk);
            next += take;
        }

        Require(view.IsUpsert || online.State!.UnreplaceableRows == 0, "only upsert views have rows that replace others");
        online.Dispose();
        return (compared, hidden);
    }

    private static OnlineView Open(MemoryFiles files, FeatureView view, FeatureStoreOptions options)
    {
        var online = new OnlineView(files, Folder, view.Plan, options, TimeProvider.System);
        online.OpenAsync(default).AsTask().GetAwaiter().GetResult();
        return online;
    }

    private static void Push(OnlineView online, FeatureView view, List<RawRow> rows, long offset, Random random)
    {
        var push = new PushRecord("source", offset, RowBatchReader.Read(view.Plan, RawRow.Frame(rows)));
        Require(Ask(online.PushAsync(push, default)), "a new push is applied");
        if (random.Next(4) == 0)
            Require(!Ask(online.PushAsync(push, default)), "a repeated delivery does nothing");
    }

    private static List<long> Commits(int rows, Random random)
    {
        var commits = new List<long>();
        for (var commit = 1L; commits.Count < rows; commit++)
            commits.AddRange(Enumerable.Repeat(commit, random.Next(1, rows - commits.Count + 1)));
        return commits;
    }

    // With types, and as floats.
    private static int Compare(OnlineView online, FeatureView view, List<RawRow> rows, string k1, string k2, long at, string what, out bool isExact)
    {
        var state = online.State!;
        var program = state.Program([.. Enumerable.Range(0, view.FeatureNames.Count)]);
        var entity = view.Keys.Count == 2 ? state.Find(k1, k2) : state.Find(k1);
        var values = new FeatureValue[program.Length];
        var floats = new float[program.Length];
        isExact = state.Read(entity, at, program, values);
        Require(state.Read(entity, at, program, floats) == isExact, "both reads say whether they are exact");
        var expected = Oracle.Ask(view, rows, k1, k2, at, at);
        for (var i = 0; i < expected.Length; i++)
        {
            var actual = values[i].ToObject();
            if (!Equals(Bits(actual), Bits(expected[i])))
                throw new InvalidOperationException($"{what}, {view.FeatureNames[i]}: {actual ?? "none"} instead of {expected[i] ?? "none"}");
            if (values[i].Type is DataType.String or DataType.Timestamp)
                continue;
            if (BitConverter.SingleToInt32Bits(floats[i]) != BitConverter.SingleToInt32Bits((float)values[i].ToDouble()))
                throw new InvalidOperationException($"{what}, {view.FeatureNames[i]}: {floats[i]} as a float, {actual ?? "none"} with its type");
        }

        return expected.Length;
    }

    private static long Known(FeatureView view, RawRow row) => view.AvailableAtColumn is null ? row.Event : row.Known;

    private static object? Bits(object? value) => value switch
    {
        float.NaN or double.NaN => null,
        float number => BitConverter.SingleToInt32Bits(number),
        double number => BitConverter.DoubleToInt64Bits(number),
        _ => value,
    };

    // The claims run this file too, without a test library.
    private static void Require(bool holds, string what)
    {
        if (!holds)
            throw new InvalidOperationException($"It does not hold that {what}.");
    }

    private static T Ask<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();
}
