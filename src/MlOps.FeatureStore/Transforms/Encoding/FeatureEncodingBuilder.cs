using System.Globalization;

namespace MlOps.Features;

/// <summary>Defines an encoding. Not thread-safe.</summary>
public sealed class FeatureEncodingBuilder
{
    private readonly List<(string Column, bool IsCategory, Func<FittedColumn, int, EncodingStep> Fit)> _steps = [];
    private readonly Dictionary<string, (Imputation? Kind, double Constant)> _fills = new(StringComparer.Ordinal);

    internal FeatureEncodingBuilder()
    {
    }

    /// <summary>Takes a number as it is.</summary>
    /// <param name="column">The column.</param>
    /// <returns>This builder.</returns>
    public FeatureEncodingBuilder Pass(string column) => Add(column, false, (_, index) => new PassStep(index));

    /// <summary>One output per category, 1 for the value's and 0 for the others.</summary>
    /// <param name="column">A column of texts, integers or flags.</param>
    /// <param name="maxCategories">How many categories have an output of their own: the most frequent, of equally frequent ones the first in order.</param>
    /// <param name="outOfVocabulary">What becomes of other categories, and of missing values.</param>
    /// <returns>This builder.</returns>
    public FeatureEncodingBuilder OneHot(string column, int maxCategories = 100, OutOfVocabulary outOfVocabulary = OutOfVocabulary.Bucket)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxCategories, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxCategories, 1_000_000);
        if (!Enum.IsDefined(outOfVocabulary))
            throw new InvalidDefinitionException($"OutOfVocabulary {(int)outOfVocabulary} is none of {string.Join(", ", Enum.GetNames<OutOfVocabulary>())}.");
        return Add(column, true, (fitted, index) => new OneHotStep(index, column, fitted.Categories(maxCategories), fitted.Kind == EncodedKind.Code, outOfVocabulary));
    }

    /// <summary>One output per bucket; a value's bucket is its XXH64 modulo their number, so nothing is learnt and every value has a place.</summary>
    /// <param name="column">A column of texts, integers or flags. An integer is hashed as its decimal digits.</param>
    /// <param name="buckets">How many.</param>
    /// <param name="seed">The hash's seed.</param>
    /// <returns>This builder.</returns>
    public FeatureEncodingBuilder Hash(string column, int buckets, long seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(buckets, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(buckets, 1_000_000);
        return Add(column, true, (_, index) => new HashStep(index, buckets, unchecked((ulong)seed)));
    }

    /// <summary>Subtracts the mean and divides by the standard deviation; a column that does not vary becomes 0.</summary>
    /// <param name="column">A numeric column.</param>
    /// <param name="deviation">Which deviation.</param>
    /// <returns>This builder.</returns>
    public FeatureEncodingBuilder Standardise(string column, Deviation deviation = Deviation.Population) => Add(column, false, (fitted, index) =>
    {
        var (mean, scale) = fitted.MeanAndDeviation(deviation);
        return new ScaleStep(index, ScaleStep.Standardise, mean, scale > 0 ? scale : 1, false);
    });

    /// <summary>Maps the least number to 0 and the greatest to 1; a column that does not vary becomes 0.</summary>
    /// <param name="column">A numeric column.</param>
    /// <param name="clamp">Whether later numbers beyond these stay within 0 and 1.</param>
    /// <returns>This builder.</returns>
    public FeatureEncodingBuilder Normalise(string column, bool clamp = false) => Add(column, false, (fitted, index) =>
    {
        var numbers = fitted.Sorted;
        var range = numbers[^1] - numbers[0];
        return new ScaleStep(index, ScaleStep.Normalise, numbers[0], range > 0 ? range : 1, clamp);
    });

    /// <summary>ln(1 + value); -infinity at -1 and NaN below.</summary>
    /// <param name="column">A numeric column.</param>
    /// <returns>This builder.</returns>
    public FeatureEncodingBuilder Log1P(string column) => Add(column, false, (_, index) => new LogStep(index));

    /// <summary>Bins of equal width between the least and the greatest number; later numbers beyond these fall into the outermost bins.</summary>
    /// <param name="column">A numeric column.</param>
    /// <param name="bins">How many.</param>
    /// <param name="oneHot">Whether each bin has an output; else the only output is the bin's number.</param>
    /// <returns>This builder.</returns>
    public FeatureEncodingBuilder BinByWidth(string column, int bins, bool oneHot = false) => AddBins(column, bins, oneHot, (numbers, i) =>
        i == bins ? numbers[^1] : numbers[0] + (i * ((numbers[^1] - numbers[0]) / bins)));

    /// <summary>Bins that hold about equally many numbers: edges at the quantiles, interpolated linearly. Edges that coincide are merged.</summary>
    /// <param name="column">A numeric column.</param>
    /// <param name="bins">How many at most.</param>
    /// <param name="oneHot">Whether each bin has an output; else the only output is the bin's number.</param>
    /// <returns>This builder.</returns>
    public FeatureEncodingBuilder BinByQuantile(string column, int bins, bool oneHot = false) =>
        AddBins(column, bins, oneHot, (numbers, i) => FittedColumn.Quantile(numbers, (double)i / bins));

    /// <summary>Fills missing numbers (null and NaN) of a column for all its encoders, those declared before included; statistics are taken after it.</summary>
    /// <param name="column">A numeric column.</param>
    /// <param name="imputation">What stands for them, learnt from the training data.</param>
    /// <param name="indicator">Whether an output says which were missing.</param>
    /// <returns>This builder.</returns>
    public FeatureEncodingBuilder Impute(string column, Imputation imputation, bool indicator = false) => Fill(column, (imputation, 0), indicator);

    /// <summary>Fills missing numbers of a column for all its encoders with a constant.</summary>
    /// <param name="column">A numeric column.</param>
    /// <param name="constant">What stands for them.</param>
    /// <param name="indicator">Whether an output says which were missing.</param>
    /// <returns>This builder.</returns>
    public FeatureEncodingBuilder Impute(string column, double constant, bool indicator = false) =>
        double.IsFinite(constant) ? Fill(column, (null, constant), indicator) : throw new InvalidDefinitionException($"Column '{column}' cannot be filled with {constant.ToString(CultureInfo.InvariantCulture)}: choose a finite number.");

    /// <summary>Learns from training data.</summary>
    /// <param name="frame">The data: training rows only, never those that the model is tested on.</param>
    /// <returns>The encoding.</returns>
    /// <exception cref="InvalidDefinitionException">Nothing was defined, or a column is encoded in two ways that do not go together.</exception>
    /// <exception cref="NotFoundException">The frame lacks a column.</exception>
    /// <exception cref="InvalidInputException">A column is of a type that its encoder does not take, holds an infinite number, or has no values to learn from.</exception>
    public FittedEncoding Fit(DataFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (_steps.Count == 0)
            throw new InvalidDefinitionException("The encoding encodes nothing: call OneHot, Standardise, Pass, ...");
        var fitted = new List<FittedColumn>();
        var steps = new List<EncodingStep>();
        foreach (var (column, isCategory, fit) in _steps)
        {
            var index = fitted.FindIndex(known => known.Name == column);
            if (index < 0)
            {
                fitted.Add(new FittedColumn(frame[column], isCategory, _fills.TryGetValue(column, out var fill) ? fill : null));
                index = fitted.Count - 1;
            }

            if (isCategory != (fitted[index].Kind != EncodedKind.Number))
                throw new InvalidDefinitionException($"Column '{column}' is encoded as a category and as a number: derive a second column for one of them.");
            steps.Add(fit(fitted[index], index));
        }

        return new FittedEncoding([.. fitted.Select(column => new EncodedColumn(column.Name, column.Kind, column.Fill))], [.. steps]);
    }

    private FeatureEncodingBuilder AddBins(string column, int bins, bool oneHot, Func<double[], int, double> edge)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bins, 10_000);
        return Add(column, false, (fitted, index) =>
        {
            double[] edges = [.. Enumerable.Range(0, bins + 1).Select(i => edge(fitted.Sorted, i)).Distinct()];
            // A column that does not vary has one bin.
            return new BinStep(index, edges.Length > 1 ? edges : [edges[0], edges[0]], oneHot);
        });
    }

    private FeatureEncodingBuilder Fill(string column, (Imputation? Kind, double Constant) fill, bool indicator)
    {
        ArgumentException.ThrowIfNullOrEmpty(column);
        if (!_fills.TryAdd(column, fill))
            throw new InvalidDefinitionException($"Column '{column}' is imputed twice: keep one of them.");
        return indicator ? Add(column, false, (_, index) => new MissingStep(index)) : this;
    }

    private FeatureEncodingBuilder Add(string column, bool isCategory, Func<FittedColumn, int, EncodingStep> fit)
    {
        ArgumentException.ThrowIfNullOrEmpty(column);
        _steps.Add((column, isCategory, fit));
        return this;
    }
}
