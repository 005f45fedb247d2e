namespace MlOps.Features.Tests;

/// <summary>One random history through the join, compared with the brute-force oracle bit for bit.</summary>
internal static class ParityCheck
{
    private const string Folder = "/features/view";

    /// <summary>Draws a history and compares; throws at the first difference.</summary>
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
        var comparisons = 0;

        var files = new MemoryFiles();
        using (var history = History(files, view, rows, random))
        {
            var lag = random.Next(3) == 0 ? random.Next(0, 50) * 60_000_000L : 0;
            var joined = Join(history, questions, corrected: false, lag);
            var corrected = Join(history, questions, corrected: true, 0);
            for (var q = 0; q < questions.Count; q++)
            {
                var (k1, k2, at) = questions[q];
                comparisons += Same(joined[q], Oracle.Ask(view, rows, k1, k2, at, at - (view.AvailableAtColumn is null && lag == 0 ? 0 : lag)), seed, "join", q);
                comparisons += Same(corrected[q], Oracle.Ask(view, rows, k1, k2, at, long.MaxValue), seed, "corrected", q);
            }
        }

        return comparisons;
    }

    // Rows are cut into random batches; sometimes neighbours are merged as compaction does.
    private static OfflineSnapshot History(MemoryFiles files, FeatureView view, List<RawRow> rows, Random random)
    {
        var keys = new KeyTable(view.Keys.Count);
        var segments = new List<LoadedSegment>();
        var isOneBatch = random.Next(3) == 0;
        for (int at = 0, commit = 1; at < rows.Count; commit++)
        {
            var take = isOneBatch ? rows.Count : random.Next(1, rows.Count - at + 1);
            segments.Add(Segment(files, view, SortedRows.From(RowBatchReader.Read(view.Plan, RawRow.Frame(rows.GetRange(at, take)))), commit, keys));
            at += take;
        }

        if (segments.Count > 2 && random.Next(2) == 0)
        {
            var first = random.Next(segments.Count - 1);
            var parts = segments.GetRange(first, random.Next(2, segments.Count - first + 1));
            var merged = OfflineView.Merge(new OfflineSnapshot(view.Plan, keys, [.. parts]));
            segments.RemoveRange(first, parts.Count);
            segments.Insert(first, Segment(files, view, merged, parts[^1].Commit, keys));
            parts.ForEach(part => part.Reader.Release());
        }

        return new OfflineSnapshot(view.Plan, keys, [.. segments]);
    }

    private static LoadedSegment Segment(MemoryFiles files, FeatureView view, SortedRows rows, long commit, KeyTable keys)
    {
        var path = $"{Folder}/{files.Operations}.seg";
        SegmentWriter.Write(files, path, view.Plan, rows);
        return new LoadedSegment(commit, commit, SegmentReader.Open(files, path, view.Plan), keys);
    }

    private static object?[][] Join(OfflineSnapshot history, List<(string K1, string K2, long At)> questions, bool corrected, long lag)
    {
        var spine = new DataFrame(
            DataColumn.Create("k1", questions.Select(question => question.K1).ToArray()), DataColumn.Create("k2", questions.Select(question => question.K2).ToArray()));
        var keys = KeyCodes.Combine([.. history.Plan.View.Keys.Select(key => KeyCodes.OfColumn(spine[key.Column], "test"))]);
        var outputs = history.Plan.Features.Select(_ => new float[questions.Count]).ToArray();
        PointInTimeJoin.Run(history, keys, [.. questions.Select(question => question.At)], corrected, lag, outputs, default);
        return [.. Enumerable.Range(0, questions.Count).Select(row => outputs.Select(column => (object?)column[row]).ToArray())];
    }

    private static int Same(object?[] actual, object?[] expected, int seed, string what, int question)
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
}
