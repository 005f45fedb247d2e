namespace MlOps.Features;

/// <summary>
/// Names the cause of each differing feature. Every hypothesis predicts what would have been served; the one that predicts most of what was, on rows that
/// differ and on rows that agree, and over the other features that it would touch, is believed. Without one that explains three quarters the cause is unknown.
/// </summary>
internal sealed class CauseFinder(SkewTable table, string? drift, CancellationToken cancellationToken)
{
    private const double Enough = 0.75;
    private readonly SkewCase _case = new(table);

    public IReadOnlyDictionary<int, SkewFinding> Find()
    {
        var hypotheses = new List<Hypothesis>();
        hypotheses.AddRange(ValueHypotheses.Of(_case, table));
        hypotheses.AddRange(DefinitionHypotheses.Of(_case, table));
        cancellationToken.ThrowIfCancellationRequested();
        hypotheses.AddRange(RowHypotheses.Of(_case, table));
        cancellationToken.ThrowIfCancellationRequested();
        hypotheses.AddRange(TimeHypotheses.Of(_case, table, cancellationToken));
        var scopes = hypotheses.ToDictionary(hypothesis => hypothesis, Scope);
        var findings = new Dictionary<int, SkewFinding>();
        foreach (var feature in _case.Different)
        {
            var examined = _case.DifferentAt(feature).Length;
            var best = hypotheses.Where(hypothesis => hypothesis.PredictionOf(feature) is not null)
                .Select(hypothesis => (Hypothesis: hypothesis, Explained: _case.Explained(hypothesis, feature)))
                .Where(pair => pair.Explained >= Enough)
                .OrderByDescending(pair => pair.Explained + 0.2 * _case.Confirmed(pair.Hypothesis, feature) + scopes[pair.Hypothesis] - 0.01 * pair.Hypothesis.Cost)
                .FirstOrDefault();
            if (best.Hypothesis is { } believed)
                findings[feature] = WithDrift(believed.ToFinding(best.Explained, examined));
        }

        foreach (var part in table.Parts)
            RowBalance.Fill(_case, table, part, findings);
        foreach (var feature in _case.Different.Where(feature => !findings.ContainsKey(feature)))
        {
            findings[feature] = drift is null
                ? new SkewFinding(SkewCause.Unknown, "no single fault that the audit knows explains the differences; see the examples", 0, _case.DifferentAt(feature).Length)
                : new SkewFinding(SkewCause.DefinitionDrift, drift, 0, _case.DifferentAt(feature).Length);
        }

        return findings;
    }

    // What a hypothesis says about all the features that it touches: a fault of a view or a server shows in each of them, and one fault that explains
    // many features is more likely than as many faults.
    private double Scope(Hypothesis hypothesis)
    {
        var features = hypothesis.Features.ToArray();
        var explained = features.Where(feature => _case.Different.Contains(feature)).Select(feature => _case.Explained(hypothesis, feature)).ToArray();
        return 0.3 * (explained.Length == 0 ? 0 : explained.Average()) + 0.3 * features.Average(feature => _case.Confirmed(hypothesis, feature))
            + 0.04 * Math.Log2(Math.Max(1, explained.Count(share => share >= 0.9)));
    }

    private SkewFinding WithDrift(SkewFinding finding) =>
        drift is not null && finding.Cause is SkewCause.TimeToLive or SkewCause.DefinitionDrift ? finding with { Evidence = $"{finding.Evidence} ({drift})" } : finding;
}
