namespace MlOps.Features;

/// <summary>Served and recomputed values side by side: a row per vector in order of time, a column per feature.</summary>
internal sealed class SkewTable
{
    private readonly Dictionary<string, ISkewHistory> _histories;
    private readonly SkewComparison _comparison;
    private readonly Timestamp _now;
    private readonly Standing[][] _standing;
    private readonly double[] _tolerance;

    public SkewTable(BoundService bound, List<ServedVector> vectors, Dictionary<string, ISkewHistory> histories, SkewComparison comparison, Timestamp now)
    {
        Bound = bound;
        Vectors = vectors;
        _histories = histories;
        _comparison = comparison;
        _now = now;
        Times = [.. vectors.Select(vector => vector.AsOf)];
        Keys = [.. bound.KeyNames.Select(name => vectors.Select(vector => vector.Keys[Array.IndexOf(vector.Schema.Keys, name)]).ToArray())];
        Served = Table();
        Expected = Table();
        _standing = [.. bound.FeatureNames.Select(_ => new Standing[vectors.Count])];
        _tolerance = [.. bound.FeatureNames.Select(name => comparison.Tolerances.GetValueOrDefault(name))];
        var parts = new List<SkewPart>();
        foreach (var view in bound.Views)
            parts.Add(new SkewPart(this, view, histories[view.View.Name]));
        Parts = parts;

        float[][] Table() => [.. bound.FeatureNames.Select(_ => new float[vectors.Count])];
    }

    /// <summary>How a value of the table stands.</summary>
    internal enum Standing : byte
    {
        Absent,
        Coarse,
        Pending,
        Equal,
        WithinLag,
        Different,
    }

    public BoundService Bound { get; }

    public IReadOnlyList<ServedVector> Vectors { get; }

    public int Rows => Vectors.Count;

    public long[] Times { get; }

    /// <summary>By key of the service, by row.</summary>
    public string[][] Keys { get; }

    /// <summary>By feature of the service, by row.</summary>
    public float[][] Served { get; }

    public float[][] Expected { get; }

    public IReadOnlyList<SkewPart> Parts { get; }

    public bool HasDifferences => _standing.Any(rows => rows.Contains(Standing.Different));

    public Standing StandingOf(int feature, int row) => _standing[feature][row];

    public SkewPart? PartOf(int feature) => Parts.FirstOrDefault(part => part.Features.Contains(feature));

    public static bool Same(float left, float right, double tolerance = 0) =>
        BitConverter.SingleToInt32Bits(left) == BitConverter.SingleToInt32Bits(right) || (float.IsNaN(left) && float.IsNaN(right))
        || (tolerance > 0 && Math.Abs((double)left - right) <= tolerance * Math.Max(Math.Abs((double)left), Math.Abs((double)right)));

    /// <summary>Settles for every value whether it can be compared, and whether it agrees.</summary>
    public void Compare()
    {
        var places = new Dictionary<ServedSchema, int[]>();
        var upTo = _histories.ToDictionary(pair => pair.Key, pair => _comparison.OfflineUpTo?.Microseconds ?? Before(pair.Value.NewestAvailable), StringComparer.Ordinal);
        var settled = (_now - _comparison.Horizon).Microseconds;
        var parts = Bound.FeatureNames.Select((_, f) => PartOf(f)).ToArray();
        for (var row = 0; row < Rows; row++)
        {
            var vector = Vectors[row];
            if (!places.TryGetValue(vector.Schema, out var place))
                places.Add(vector.Schema, place = [.. Bound.FeatureNames.Select(name => Array.IndexOf(vector.Schema.Features, name))]);
            var ofView = Bound.Views.Select(part => part.View.Name).Distinct(StringComparer.Ordinal).ToDictionary(name => name, name => StandingOf(vector, name), StringComparer.Ordinal);
            // A feature that the service computes of others stands as the worst of all views.
            var ofAll = ofView.Values.Min();
            for (var f = 0; f < place.Length; f++)
            {
                if (place[f] < 0)
                    continue;
                Served[f][row] = vector.Values[place[f]];
                var standing = parts[f] is { } part ? ofView[part.View.Name] : ofAll;
                _standing[f][row] = standing != Standing.Equal || Same(Served[f][row], Expected[f][row], _tolerance[f]) ? standing : Standing.Different;
            }
        }

        Standing StandingOf(ServedVector vector, string view)
        {
            var at = Array.IndexOf(vector.Schema.Views, view);
            if (at >= 0 && vector.AsOf < vector.Marks[at].ExactFrom)
                return Standing.Coarse;
            return vector.AsOf > upTo[view] && vector.AsOf > settled ? Standing.Pending : Standing.Equal;
        }

        // Rows of the very newest availability may be spread over two batches.
        static long Before(long newest) => newest == long.MinValue ? newest : newest - 1;
    }

    /// <summary>The rows in which one of some features differs.</summary>
    public int[] DifferentRows(IReadOnlyList<int> features) =>
        [.. Enumerable.Range(0, Rows).Where(row => features.Any(f => _standing[f][row] == Standing.Different))];

    public void Forgive(int feature, int[] rows, float[] right)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            if (_standing[feature][rows[i]] == Standing.Different && Same(Served[feature][rows[i]], right[i], _tolerance[feature]))
                _standing[feature][rows[i]] = Standing.WithinLag;
        }
    }

    public IReadOnlyList<FeatureSkew> Summarise(IReadOnlyDictionary<int, SkewFinding> findings) =>
        [.. Bound.FeatureNames.Select((name, f) => Summarise(name, f, findings.GetValueOrDefault(f)))];

    private FeatureSkew Summarise(string name, int f, SkewFinding? finding)
    {
        var count = new long[Enum.GetValues<Standing>().Length];
        long mismatched = 0, missing = 0, extra = 0, both = 0;
        double smape = 0;
        Timestamp? newest = null;
        var deltas = new List<double>();
        var examples = new List<SkewExample>();
        for (var row = 0; row < Rows; row++)
        {
            var standing = _standing[f][row];
            count[(int)standing]++;
            if (standing < Standing.Equal)
                continue;
            float served = Served[f][row], expected = Expected[f][row];
            if (!float.IsNaN(served) && !float.IsNaN(expected))
            {
                both++;
                var sum = Math.Abs((double)served) + Math.Abs((double)expected);
                smape += sum == 0 || served == expected ? 0 : double.IsInfinity(sum) ? 2 : 2 * Math.Abs((double)served - expected) / sum;
            }

            if (standing != Standing.Different)
                continue;
            newest = new Timestamp(Times[row]);
            if (float.IsNaN(served))
                missing++;
            else if (float.IsNaN(expected))
                extra++;
            else
                mismatched++;
            if (!float.IsNaN(served) && !float.IsNaN(expected))
                deltas.Add((double)served - expected);
            if (examples.Count < _comparison.Examples)
                examples.Add(new SkewExample([.. Keys.Select(key => key[row])], new Timestamp(Times[row]), new Timestamp(Vectors[row].ServedAt), served, expected));
        }

        return new FeatureSkew
        {
            Feature = name,
            View = PartOf(f)?.View.Name,
            Compared = count[(int)Standing.Equal] + count[(int)Standing.WithinLag] + count[(int)Standing.Different],
            Equal = count[(int)Standing.Equal] + count[(int)Standing.WithinLag],
            WithinLag = count[(int)Standing.WithinLag],
            Mismatched = mismatched,
            MissingOnline = missing,
            Extra = extra,
            Pending = count[(int)Standing.Pending],
            Coarse = count[(int)Standing.Coarse],
            Smape = both == 0 ? 0 : smape / both,
            Delta = SkewDelta.Of(deltas),
            Finding = finding,
            NewestDifference = newest,
            Examples = examples,
        };
    }
}
