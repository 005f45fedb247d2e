using System.Diagnostics;

namespace MlOps.Serving;

/// <summary>What is noted of the answers of one revision in this process: counts per variant, exposures, which variant a reward belongs to.</summary>
internal sealed class TrafficTrial
{
    private readonly TrafficRow _row;
    private readonly string[] _variants;
    private readonly ModelVersionRef[] _versions;
    private readonly VariantCounts[] _counts;
    private readonly ExposureLog? _exposures;
    private readonly ExposedKeys? _exposed;
    private readonly AnswerMemory? _answers;
    private readonly string[] _texts;

    public TrafficTrial(TrafficRow row, TrafficPolicy policy, Bandit? bandit, AnswerMemory? answers, ExposureLog? exposures)
    {
        _row = row;
        _variants = [.. policy.Shares.Select(share => share.Variant)];
        _versions = [.. policy.Shares.Select(share => share.Version)];
        _counts = new VariantCounts[policy.Shares.Count];
        Bandit = bandit;
        _answers = answers;
        _texts = [.. policy.Shares.Select(share => share.Version.ToString())];
        if (exposures is not null && policy.Shares.Count > 1)
        {
            _exposures = exposures;
            _exposed = new ExposedKeys(row.Document.Salt, exposures.Options);
        }
    }

    public Bandit? Bandit { get; }

    public void Answered(int share, string? key, PredictionId id, long begin)
    {
        // A row of a request of several has no time of its own; the request is counted, once.
        if (begin == 0)
            return;
        _counts[share].Answered(Stopwatch.GetElapsedTime(begin).Ticks);
        _answers?.Remember(id, _texts[share]);
        if (key is not null && _exposed is not null && _exposed.IsNew(key))
        {
            if (!_exposures!.Add(_row.Endpoint, key, _variants[share], _versions[share], _row.Revision))
                _exposed.Forget(key);
        }
    }

    // Full queues and bad input say nothing about a version.
    public void Refused(int share, PredictionStatus status)
    {
        if (status is PredictionStatus.Failed or PredictionStatus.DeadlineExceeded)
            _counts[share].Failed();
    }

    public VariantTotals[] TakeCounts()
    {
        var totals = new VariantTotals[_counts.Length];
        for (var i = 0; i < totals.Length; i++)
            totals[i] = _counts[i].Take();
        return totals;
    }

    public void ReturnCounts(VariantTotals[] totals)
    {
        for (var i = 0; i < totals.Length; i++)
            _counts[i].Return(totals[i]);
    }
}
