namespace MlOps.Features;

/// <summary>The rows that hypotheses are tried on: for each differing feature some that differ, spread over time, and some that agree altogether.</summary>
internal sealed class SkewCase
{
    private const int PerFeature = 120;
    private const int Most = 480;
    private const int AtLeast = 8;
    private readonly SkewTable _table;

    public SkewCase(SkewTable table)
    {
        _table = table;
        var features = Enumerable.Range(0, table.Bound.FeatureNames.Count).ToArray();
        Different = [.. features.Where(f => table.DifferentRows([f]).Length > 0)];
        var rows = new SortedSet<int>();
        foreach (var f in Different)
        {
            var differing = table.DifferentRows([f]);
            rows.UnionWith(Spread(differing, rows.Count < Most ? PerFeature : AtLeast));
        }

        var agreeing = Enumerable.Range(0, table.Rows)
            .Where(row => features.Any(f => table.StandingOf(f, row) == SkewTable.Standing.Equal) && features.All(f => table.StandingOf(f, row) != SkewTable.Standing.Different)).ToArray();
        rows.UnionWith(Spread(agreeing, PerFeature));
        Rows = [.. rows];
        Served = [.. features.Select(f => Array.ConvertAll(Rows, row => table.Served[f][row]))];
        Expected = [.. features.Select(f => Array.ConvertAll(Rows, row => table.Expected[f][row]))];
    }

    /// <summary>The features that differ somewhere, by number in the service.</summary>
    public int[] Different { get; }

    /// <summary>Rows of the table, in order of time.</summary>
    public int[] Rows { get; }

    /// <summary>By feature of the service, by row of the case.</summary>
    public float[][] Served { get; }

    public float[][] Expected { get; }

    /// <summary>The moment of a row of the case.</summary>
    public long TimeOf(int i) => _table.Times[Rows[i]];

    public bool IsDifferent(int feature, int i) => _table.StandingOf(feature, Rows[i]) == SkewTable.Standing.Different;

    public bool IsEqual(int feature, int i) => _table.StandingOf(feature, Rows[i]) == SkewTable.Standing.Equal;

    /// <summary>The rows of the case in which a feature differs.</summary>
    public int[] DifferentAt(int feature) => [.. Enumerable.Range(0, Rows.Length).Where(i => IsDifferent(feature, i))];

    /// <summary>The share of the differing rows that a hypothesis predicts.</summary>
    public double Explained(Hypothesis hypothesis, int feature)
    {
        if (hypothesis.PredictionOf(feature) is not { } prediction)
            return 0;
        int differing = 0, right = 0;
        for (var i = 0; i < Rows.Length; i++)
        {
            if (!IsDifferent(feature, i))
                continue;
            differing++;
            if (SkewTable.Same(prediction[i], Served[feature][i], hypothesis.Tolerance))
                right++;
        }

        return differing == 0 ? 0 : right / (double)differing;
    }

    /// <summary>The share of the agreeing rows that a hypothesis predicts, too; 1 when there are none.</summary>
    public double Confirmed(Hypothesis hypothesis, int feature)
    {
        if (hypothesis.PredictionOf(feature) is not { } prediction)
            return 0;
        int agreeing = 0, right = 0;
        for (var i = 0; i < Rows.Length; i++)
        {
            if (!IsEqual(feature, i))
                continue;
            agreeing++;
            if (SkewTable.Same(prediction[i], Served[feature][i], hypothesis.Tolerance))
                right++;
        }

        return agreeing == 0 ? 1 : right / (double)agreeing;
    }

    /// <summary>How near a prediction comes to what was served, 0 to 1.</summary>
    public static double Nearness(float predicted, float served) =>
        SkewTable.Same(predicted, served) ? 1 : !float.IsFinite(predicted) || !float.IsFinite(served) ? 0
            : 1 - Math.Abs((double)predicted - served) / (Math.Abs((double)predicted) + Math.Abs((double)served));

    /// <summary>The mean nearness over the differing rows of the features that a hypothesis speaks about.</summary>
    public double Near(Hypothesis hypothesis)
    {
        double sum = 0;
        var count = 0;
        foreach (var feature in hypothesis.Features)
        {
            var prediction = hypothesis.PredictionOf(feature)!;
            for (var i = 0; i < Rows.Length; i++)
            {
                if (!IsDifferent(feature, i))
                    continue;
                sum += Nearness(prediction[i], Served[feature][i]);
                count++;
            }
        }

        return count == 0 ? 0 : sum / count;
    }

    public static IEnumerable<int> Spread(int[] rows, int most) =>
        rows.Length <= most ? rows : Enumerable.Range(0, most).Select(i => rows[(int)((long)i * rows.Length / most)]);
}
