namespace MlOps.Features.Tests;

/// <summary>Random histories, spines and services through the point-in-time join, compared with the brute-force oracle bit for bit.</summary>
internal static class JoinParity
{
    private const string Folder = "/features/view";
    private static readonly string[] KeyColumns = ["k1", "k2", "from", "to"];

    /// <summary>One view at some moments, by every clock; throws at the first difference.</summary>
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
        var service = new BoundService(
            FeatureService.Define("service").View("view").Build(), new Dictionary<string, FeatureView> { ["view"] = view });
        using var history = History(new MemoryFiles(), view, rows, random, out var arrived, out var floor);
        var lag = random.Next(3) == 0 ? random.Next(0, 50) * 60_000_000L : 0;
        var joined = Join(service, history, questions, new TrainingFrameOptions { ServingLag = TimeSpan.FromMicroseconds(lag) });
        var corrected = Join(service, history, questions, new TrainingFrameOptions { Known = KnownClock.Corrected });
        var commit = random.Next(floor, arrived.Count + 1);
        var before = Join(service, new OfflineSnapshot(history.Plan, history.Segments) { MaxCommit = commit }, questions, new TrainingFrameOptions());
        var there = commit == 0 ? [] : rows.GetRange(0, arrived[commit - 1]);
        var compared = 0;
        for (var q = 0; q < questions.Count; q++)
        {
            var (k1, k2, at) = questions[q];
            compared += ParityCheck.Same(joined[q], Oracle.Ask(view, rows, k1, k2, at, at - lag), seed, "join", q);
            compared += ParityCheck.Same(corrected[q], Oracle.Ask(view, rows, k1, k2, at, long.MaxValue), seed, "corrected", q);
            compared += ParityCheck.Same(before[q], Oracle.Ask(view, there, k1, k2, at, at), seed, $"as of commit {commit}", q);
        }

        return compared;
    }

    /// <summary>
    /// The row law: a service of several views, some twice under aliases, keys renamed, features chosen, joined to a spine with repeated rows,
    /// null and unknown keys. Throws at the first difference.
    /// </summary>
    /// <returns>How many spine rows were joined, and values compared.</returns>
    public static (int Rows, long Values) RunRowLaw(int seed)
    {
        var draw = new HistoryGenerator(seed + 5_000_000);
        var random = draw.Random;
        var files = new MemoryFiles();
        var views = new Dictionary<string, FeatureView>(StringComparer.Ordinal);
        var rows = new Dictionary<string, List<RawRow>>(StringComparer.Ordinal);
        var histories = new Dictionary<string, OfflineSnapshot>(StringComparer.Ordinal);
        var builder = FeatureService.Define("service");
        var uses = new List<(FeatureView View, string[] Columns, int[] Features)>();
        for (var v = random.Next(1, 4); v > 0; v--)
        {
            var name = $"view{v}";
            var view = draw.View(name, random.Next(3) == 0 ? TimeSpan.FromMinutes(random.Next(0, 60)) : default);
            views.Add(name, view);
            rows.Add(name, draw.Rows(30));
            histories.Add(name, History(files, view, rows[name], random, out _, out _));
            for (var use = random.Next(4) == 0 ? 2 : 1; use > 0; use--)
            {
                var columns = view.Keys.Select(key => random.Next(2) == 0 ? key.Name : KeyColumns[random.Next(KeyColumns.Length)]).ToArray();
                var features = random.Next(2) == 0 ? null : view.FeatureNames.Where(_ => random.Next(2) == 0).DefaultIfEmpty(view.FeatureNames[0]).OrderBy(_ => random.Next()).ToArray();
                builder.View(name, features, view.Keys.Select((key, k) => (key.Name, columns[k])).Where(pair => pair.Name != pair.Item2).ToDictionary(pair => pair.Name, pair => pair.Item2), $"{name}_{use}");
                uses.Add((view, columns, [.. (features ?? view.FeatureNames).Select(feature => view.FeatureNames.ToList().IndexOf(feature))]));
            }
        }

        var service = new BoundService(builder.Build(), views);
        var asked = new List<(string?[] Keys, long At)>();
        for (var i = random.Next(0, 32); i > 0; i--)
        {
            if (asked.Count > 0 && random.Next(5) == 0)
            {
                asked.Add(asked[random.Next(asked.Count)]);
                continue;
            }

            var (view, _, _) = uses[random.Next(uses.Count)];
            asked.Add(([.. KeyColumns.Select(_ => random.Next(12) switch { 0 => null, 1 => "unknown", _ => draw.Key() })], draw.Question(view, rows[view.Name])));
        }

        var spine = new DataFrame(
        [
            .. KeyColumns.Select((name, k) => DataColumn.FromText(name, asked.Select(question => question.Keys[k]))),
            DataColumn.Create("when", asked.Select(question => new Timestamp(question.At)).ToArray()),
            DataColumn.Create("row", Enumerable.Range(0, asked.Count).ToArray()),
        ]);
        var options = new TrainingFrameOptions
        {
            Known = random.Next(4) == 0 ? KnownClock.Corrected : KnownClock.AtSpineTime,
            ServingLag = random.Next(4) == 0 ? TimeSpan.FromMinutes(random.Next(60)) : null,
        };
        var frame = TrainingJoin.Run(service, name => histories[name], spine, TrainingJoin.Check(service, spine, "when", options), options, default);
        if (frame.RowCount != asked.Count || !frame.Column<int>("row").Span.SequenceEqual(spine.Column<int>("row").Span))
            throw new InvalidOperationException($"seed {seed}: {frame.RowCount} rows for {asked.Count}, or in another order");
        var column = spine.Columns.Count;
        var values = 0L;
        foreach (var (view, columns, features) in uses)
        {
            var places = columns.Select(name => Array.IndexOf(KeyColumns, name)).ToArray();
            for (var q = 0; q < asked.Count; q++)
            {
                var (keys, at) = asked[q];
                var known = options.Known == KnownClock.Corrected ? long.MaxValue : at - (options.ServingLag ?? view.Lag).Ticks / 10;
                // No row has a key that is null.
                var all = Oracle.Ask(view, rows[view.Name], keys[places[0]] ?? "none", places.Length > 1 ? keys[places[1]] ?? "none" : "", at, known);
                values += ParityCheck.Same(
                    [.. features.Select((_, i) => frame.Columns[column + i].GetValue(q))], [.. features.Select(feature => all[feature])], seed, $"row law, {view.Name}", q);
            }

            column += features.Length;
        }

        foreach (var history in histories.Values)
            history.Dispose();
        return (asked.Count, values);
    }

    /// <summary>Rows cut into random batches; sometimes neighbours are merged as compaction does.</summary>
    /// <returns>The history; how many rows had arrived by each commit; the commit from which on it can be read as it stood.</returns>
    public static OfflineSnapshot History(MemoryFiles files, FeatureView view, List<RawRow> rows, Random random, out List<int> arrived, out int floor)
    {
        var segments = new List<LoadedSegment>();
        var isOneBatch = random.Next(3) == 0;
        arrived = [];
        floor = 0;
        for (int at = 0, commit = 1; at < rows.Count; commit++)
        {
            var take = isOneBatch ? rows.Count : random.Next(1, rows.Count - at + 1);
            var path = $"{Folder}/{files.Operations}.seg";
            SegmentWriter.Write(files, path, view.Plan, SortedRows.From(RowBatchReader.Read(view.Plan, RawRow.Frame(rows.GetRange(at, take)))), Shift(random));
            segments.Add(new LoadedSegment(commit, commit, SegmentReader.Open(files, path, view.Plan)));
            at += take;
            arrived.Add(at);
        }

        while (segments.Count > 2 && random.Next(2) == 0)
        {
            var first = random.Next(segments.Count - 1);
            var parts = segments.GetRange(first, random.Next(2, segments.Count - first + 1));
            if (random.Next(2) == 0)
                floor = Math.Max(floor, random.Next(arrived.Count + 1));
            var path = $"{Folder}/{files.Operations}.seg";
            using (var writer = new SegmentWriter(files, path, view.Plan, hasCommits: true, Shift(random)))
            {
                new SegmentMerger(new OfflineSnapshot(view.Plan, [.. parts]), writer, floor).Run(default);
                writer.Finish();
            }

            segments.RemoveRange(first, parts.Count);
            segments.Insert(first, new LoadedSegment(files.Operations, parts[^1].Commit, SegmentReader.Open(files, path, view.Plan)));
            parts.ForEach(part => part.Reader.Release());
        }

        return new OfflineSnapshot(view.Plan, [.. segments]);
    }

    // Groups of one row and more, so that entities lie across them.
    private static int? Shift(Random random) => random.Next(3) == 0 ? null : random.Next(6);

    private static object?[][] Join(BoundService service, OfflineSnapshot history, List<(string K1, string K2, long At)> questions, TrainingFrameOptions options)
    {
        var spine = new DataFrame(
            DataColumn.Create("k1", questions.Select(question => question.K1).ToArray()), DataColumn.Create("k2", questions.Select(question => question.K2).ToArray()));
        var frame = TrainingJoin.Run(service, _ => history, spine, [.. questions.Select(question => question.At)], options, default);
        return [.. Enumerable.Range(0, questions.Count).Select(row => frame.Columns.Skip(2).Select(column => column.GetValue(row)).ToArray())];
    }
}
