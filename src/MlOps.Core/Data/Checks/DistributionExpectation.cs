using System.Globalization;

namespace MlOps;

internal sealed class DistributionExpectation(string column, DistributionReference reference, DistributionLimits limits) : Expectation(DataCheckKind.Distribution, column)
{
    private const int StabilityBins = 10;

    public override string Expected
    {
        get
        {
            var bounds = new List<string>();
            Bound("PSI at most", reference.IsNumeric ? limits.PopulationStability : null);
            Bound("KS at most", reference.IsNumeric ? limits.KolmogorovSmirnov : null);
            Bound("total variation at most", reference.IsNumeric ? null : limits.TotalVariation);
            Bound("chi-square p at least", reference.IsNumeric ? null : limits.ChiSquare);
            Bound("missing share within", limits.MissingShare);
            return "spread like the reference: " + string.Join(", ", bounds);

            void Bound(string name, double? limit)
            {
                if (limit is { } value)
                    bounds.Add($"{name} {Number(value)}");
            }
        }
    }

    protected override DataCheckResult Judge(DataFrame frame, int samples)
    {
        var column = frame[Columns[0]];
        if (DistributionReference.IsCategory(column) == reference.IsNumeric)
            return WrongType(column, reference.IsNumeric ? "a number or moment, as the reference is" : "text or a flag, as the reference is");
        var counts = reference.Count(column, out var missing);
        var values = counts.Sum();
        if (values + missing < limits.MinRows)
            return Whole(true, string.Create(CultureInfo.InvariantCulture, $"not judged: {values + missing} rows, fewer than {limits.MinRows}"));
        var (found, failed) = (new List<string>(), false);
        var referenceShare = (double)reference.Missing / Math.Max(1, reference.Missing + reference.Counts.Sum());
        Compare("missing share differs by", Math.Abs(((double)missing / (values + missing)) - referenceShare), limits.MissingShare, atMost: true);
        if (values > 0 && reference.IsNumeric)
        {
            Compare("PSI", Distribution.PopulationStability(reference.Counts, counts, StabilityBins), limits.PopulationStability, atMost: true);
            Compare("KS", Distribution.KolmogorovSmirnov(reference.Counts, counts), limits.KolmogorovSmirnov, atMost: true);
        }
        else if (values > 0)
        {
            Compare("total variation", Distribution.TotalVariation(reference.Counts, counts), limits.TotalVariation, atMost: true);
            Compare("chi-square p", Distribution.ChiSquarePValue(reference.Counts, counts), limits.ChiSquare, atMost: false);
        }

        return Whole(!failed, string.Join(", ", found));

        void Compare(string name, double value, double? limit, bool atMost)
        {
            if (limit is not { } bound)
                return;
            var beyond = atMost ? value > bound : value < bound;
            failed |= beyond;
            found.Add(string.Create(CultureInfo.InvariantCulture, $"{name} {value:0.####}{(beyond ? " (beyond)" : "")}"));
        }
    }
}
