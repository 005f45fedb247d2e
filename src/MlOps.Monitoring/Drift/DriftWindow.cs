namespace MlOps.Monitoring;

/// <summary>Counts of a window in the bins of a reference. Windows over the same reference add up exactly. Not thread-safe.</summary>
public sealed class DriftWindow
{
    private readonly ReferenceProfile _reference;
    private readonly long[][] _counts;
    private readonly long[] _missing;
    private readonly double[] _sums;

    /// <summary>An empty window.</summary>
    /// <param name="reference">The reference whose bins are used.</param>
    public DriftWindow(ReferenceProfile reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        _reference = reference;
        _counts = [.. reference.Columns.Select(column => new long[column.Counts.Length])];
        _missing = new long[reference.Columns.Count];
        _sums = new double[reference.Columns.Count];
    }

    /// <summary>Rows counted.</summary>
    public int Rows { get; private set; }

    /// <summary>Counts one prediction.</summary>
    /// <param name="features">The model's input row.</param>
    /// <param name="score">The model's score; counted when the reference has a score column.</param>
    /// <exception cref="InvalidInputException">The row has another number of columns than the reference.</exception>
    public void Add(ReadOnlySpan<float> features, float score)
    {
        var hasScore = _reference.Columns[^1].Name == ReferenceProfile.ScoreColumn;
        var inputs = _reference.Columns.Count - (hasScore ? 1 : 0);
        if (features.Length != inputs)
            throw new InvalidInputException($"A prediction has {features.Length} features, the reference {inputs}: the reference belongs to another model.");
        for (var c = 0; c < inputs; c++)
            Count(c, features[c]);
        if (hasScore)
            Count(inputs, score);
        Rows++;
    }

    /// <summary>Adds another window over the same reference.</summary>
    /// <param name="other">The other window.</param>
    public void Merge(DriftWindow other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (!ReferenceEquals(_reference, other._reference))
            throw new InvalidInputException("Only windows over the same reference can be merged.");
        for (var c = 0; c < _counts.Length; c++)
        {
            for (var bin = 0; bin < _counts[c].Length; bin++)
                _counts[c][bin] += other._counts[c][bin];
            _missing[c] += other._missing[c];
            _sums[c] += other._sums[c];
        }

        Rows += other.Rows;
    }

    /// <summary>Compares the window with the reference.</summary>
    /// <param name="rule">When a difference counts as drift.</param>
    /// <returns>Each column, in the reference's order; empty when the window has fewer rows than the rule asks for.</returns>
    public IReadOnlyList<ColumnDrift> Compare(DriftRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        if (Rows < Math.Max(1, rule.MinimumRows))
            return [];
        var results = new DriftTestResult[_counts.Length];
        for (var c = 0; c < results.Length; c++)
        {
            var (reference, current) = Coarsen(c, rule.Bins);
            results[c] = DriftTests.PopulationStability(reference, current);
        }

        var adjusted = DriftTests.BenjaminiHochberg(results.Select(result => result.PValue).ToArray());
        return [.. results.Select((result, c) => new ColumnDrift(
            _reference.Columns[c].Name, result.Statistic, adjusted[c], Distance(c), MeanShift(c), (double)_missing[c] / Rows,
            adjusted[c] < rule.Alpha && result.Statistic >= rule.MinimumIndex))];
    }

    private void Count(int column, float value)
    {
        if (float.IsNaN(value))
        {
            _missing[column]++;
            return;
        }

        _counts[column][_reference.Columns[column].BinOf(value)]++;
        _sums[column] += value;
    }

    // Merges fine bins into about equally heavy ones of the reference; missing values become the last bin.
    private (long[] Reference, long[] Current) Coarsen(int column, int bins)
    {
        var fine = _reference.Columns[column];
        var total = fine.Counts.Sum();
        var reference = new List<long>();
        var current = new List<long>();
        long weight = 0, taken = 0, seen = 0;
        for (var bin = 0; bin < fine.Counts.Length; bin++)
        {
            weight += fine.Counts[bin];
            seen += _counts[column][bin];
            taken += fine.Counts[bin];
            if (bin == fine.Counts.Length - 1 || taken * bins >= total * (reference.Count + 1L))
            {
                reference.Add(weight);
                current.Add(seen);
                weight = seen = 0;
            }
        }

        reference.Add(fine.Missing);
        current.Add(_missing[column]);
        return ([.. reference], [.. current]);
    }

    private double Distance(int column)
    {
        var fine = _reference.Columns[column];
        double n = fine.Counts.Sum(), m = _counts[column].Sum(), a = 0, b = 0, distance = 0;
        if (n == 0 || m == 0)
            return 0;
        for (var bin = 0; bin < fine.Counts.Length; bin++)
        {
            a += fine.Counts[bin] / n;
            b += _counts[column][bin] / m;
            distance = Math.Max(distance, Math.Abs(a - b));
        }

        return distance;
    }

    private double MeanShift(int column)
    {
        var fine = _reference.Columns[column];
        var present = Rows - _missing[column];
        return present == 0 || fine.StandardDeviation == 0 ? 0 : (_sums[column] / present - fine.Mean) / fine.StandardDeviation;
    }
}
