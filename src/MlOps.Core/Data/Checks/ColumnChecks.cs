using System.Text.RegularExpressions;

namespace MlOps;

/// <summary>Collects what is expected of one column. Not thread-safe.</summary>
public sealed class ColumnChecks
{
    private readonly string _column;
    private readonly List<Expectation> _expectations = [];

    internal ColumnChecks(string column) => _column = column;

    /// <summary>Expects a type.</summary>
    /// <param name="type">The type.</param>
    /// <returns>This.</returns>
    public ColumnChecks Type(DataType type) => Add(new TypeExpectation(_column, type));

    /// <summary>Expects values: null, and NaN in a column of numbers, is missing.</summary>
    /// <param name="allowedShare">The share of rows that may be missing, 0 to 1.</param>
    /// <returns>This.</returns>
    public ColumnChecks NotNull(double allowedShare = 0) =>
        allowedShare is >= 0 and <= 1
            ? Add(new NotNullExpectation(_column, allowedShare))
            : throw new InvalidDefinitionException($"Column '{_column}': the share of missing values that is allowed lies between 0 and 1, not {allowedShare}.");

    /// <summary>Expects numbers (or flags as 0 and 1) within bounds; infinities are beyond any.</summary>
    /// <param name="min">The lower bound.</param>
    /// <param name="max">The upper bound.</param>
    /// <param name="includeMin">Whether the lower bound itself is allowed.</param>
    /// <param name="includeMax">Whether the upper bound itself is allowed.</param>
    /// <returns>This.</returns>
    public ColumnChecks Between(double min, double max, bool includeMin = true, bool includeMax = true)
    {
        if (!(min <= max))
            throw new InvalidDefinitionException($"Column '{_column}': no number lies between {min} and {max}.");
        return Add(new NumberRangeExpectation(_column, min, max, includeMin, includeMax));
    }

    /// <summary>Expects numbers from a bound on.</summary>
    /// <param name="min">The bound, allowed itself.</param>
    /// <returns>This.</returns>
    public ColumnChecks AtLeast(double min) => Between(min, double.MaxValue);

    /// <summary>Expects numbers up to a bound.</summary>
    /// <param name="max">The bound, allowed itself.</param>
    /// <returns>This.</returns>
    public ColumnChecks AtMost(double max) => Between(double.MinValue, max);

    /// <summary>Expects numbers that are not infinite; NaN is missing, which <see cref="NotNull"/> judges.</summary>
    /// <returns>This.</returns>
    public ColumnChecks Finite() => Between(double.MinValue, double.MaxValue);

    /// <summary>Expects moments within bounds.</summary>
    /// <param name="min">The first moment allowed.</param>
    /// <param name="max">The last moment allowed.</param>
    /// <returns>This.</returns>
    public ColumnChecks Between(Timestamp min, Timestamp max)
    {
        if (min > max)
            throw new InvalidDefinitionException($"Column '{_column}': no moment lies between {min} and {max}.");
        return Add(new TimeRangeExpectation(_column, min, max));
    }

    /// <summary>Expects one of some texts.</summary>
    /// <param name="values">The texts allowed, compared ordinal.</param>
    /// <returns>This.</returns>
    public ColumnChecks In(params IReadOnlyList<string> values) => Add(new SetExpectation<string>(_column, values));

    /// <summary>Expects one of some whole numbers (int or long).</summary>
    /// <param name="values">The numbers allowed.</param>
    /// <returns>This.</returns>
    public ColumnChecks In(params IReadOnlyList<long> values) => Add(new SetExpectation<long>(_column, values));

    /// <summary>Expects texts that a regular expression finds a match in; use ^ and $ for the whole text. It runs in time linear in the text.</summary>
    /// <param name="pattern">The pattern, without look-around and back-references.</param>
    /// <returns>This.</returns>
    /// <exception cref="InvalidDefinitionException">The pattern is wrong, or needs backtracking.</exception>
    public ColumnChecks Matches(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        try
        {
            return Add(new PatternExpectation(_column, new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)));
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new InvalidDefinitionException($"Column '{_column}': the pattern '{pattern}' cannot be used: {e.Message}");
        }
    }

    /// <summary>Expects texts of a length in UTF-16 characters.</summary>
    /// <param name="min">At least so many.</param>
    /// <param name="max">At most so many.</param>
    /// <returns>This.</returns>
    public ColumnChecks Length(int min, int max = int.MaxValue)
    {
        if (min < 0 || max < min)
            throw new InvalidDefinitionException($"Column '{_column}': a length from {min} to {max} is not possible.");
        return Add(new LengthExpectation(_column, min, max));
    }

    /// <summary>Expects that no value stands twice.</summary>
    /// <returns>This.</returns>
    public ColumnChecks Unique() => Add(new UniqueExpectation([_column]));

    /// <summary>Expects moments or numbers that never fall from row to row.</summary>
    /// <param name="strictly">Whether equal neighbours fail too.</param>
    /// <param name="per">A key column within whose rows alone the order matters; null for all rows.</param>
    /// <returns>This.</returns>
    public ColumnChecks Increasing(bool strictly = false, string? per = null) => Add(new IncreasingExpectation(_column, strictly, per));

    /// <summary>Expects values spread as in a reference: numbers by population stability index and Kolmogorov-Smirnov distance, others by total variation and chi-square.</summary>
    /// <param name="reference">The reference, learned from sound data; the data themselves need not be kept.</param>
    /// <param name="limits">How far from it is too far; null means the defaults.</param>
    /// <returns>This.</returns>
    public ColumnChecks Like(DistributionReference reference, DistributionLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(reference);
        return Add(new DistributionExpectation(_column, reference, limits ?? new DistributionLimits()));
    }

    internal List<Expectation> Build() => _expectations.Count > 0 ? _expectations : [new PresentExpectation(_column)];

    private ColumnChecks Add(Expectation expectation)
    {
        _expectations.Add(expectation);
        return this;
    }
}
