using System.Runtime.Intrinsics;

namespace MlOps.Learning;

internal sealed unsafe partial class TreeGrower
{
    private const int BlockRows = 1024;

    /// <summary>
    /// Builds the small leaf's histogram, turns the parent's (which the large leaf holds) into the large leaf's, and finds the best split
    /// of both; each thread does all three for its own features.
    /// </summary>
    private void FindSplits(Leaf small, Leaf? large)
    {
        small.Histogram = _freeHistograms.TryPop(out Vector128<long>[]? free)
            ? free
            : GC.AllocateUninitializedArray<Vector128<long>>(_bins.TotalBins, pinned: true);
        int pieces = (long)small.Count * _features.Length >= ParallelWork ? Math.Min(_threads, _features.Length) : 1;
        SplitCandidate[] found = new SplitCandidate[pieces * 2];
        Workers.Run(pieces, pieces, piece =>
        {
            int from = (int)((long)piece * _features.Length / pieces);
            int to = (int)((long)(piece + 1) * _features.Length / pieces);
            ReadOnlySpan<int> features = _features.AsSpan(from, to - from);
            BuildHistogram(small, features);
            if (large is not null)
                Subtract(large.Histogram!, small.Histogram, features);
            found[2 * piece] = BestSplit(small, features);
            found[(2 * piece) + 1] = large is null ? SplitCandidate.None : BestSplit(large, features);
        });

        for (int piece = 0; piece < pieces; piece++)
        {
            if (found[2 * piece].Beats(small.Best))
                small.Best = found[2 * piece];
            if (large is not null && found[(2 * piece) + 1].Beats(large.Best))
                large.Best = found[(2 * piece) + 1];
        }

        if (!small.Best.Exists)
            Release(small);
        if (large is not null && !large.Best.Exists)
            Release(large);
    }

    private void BuildHistogram(Leaf leaf, ReadOnlySpan<int> features)
    {
        foreach (int feature in features)
            leaf.Histogram.AsSpan(_bins.Offsets[feature], _bins.ValueBins(feature) + 1).Clear();

        // Gathered once per block of rows, then used by every feature from the first-level cache.
        Vector128<long>* block = stackalloc Vector128<long>[BlockRows];
        fixed (int* allRows = _rows)
        fixed (Vector128<long>* gradients = _gradients.Rows)
        fixed (Vector128<long>* histogram = leaf.Histogram)
        {
            int* rows = allRows + leaf.Start;
            for (int start = 0; start < leaf.Count; start += BlockRows, rows += BlockRows)
            {
                int count = Math.Min(BlockRows, leaf.Count - start);
                for (int i = 0; i < count; i++)
                    block[i] = gradients[rows[i]];
                foreach (int feature in features)
                {
                    Vector128<long>* target = histogram + _bins.Offsets[feature];
                    fixed (byte* column = _bins.Bins[feature])
                        Accumulate(target, column, rows, block, count);
                }
            }
        }
    }

    private static void Accumulate(Vector128<long>* target, byte* column, int* rows, Vector128<long>* block, int count)
    {
        int i = 0;
        for (; i + 4 <= count; i += 4)
        {
            nuint a = column[rows[i]];
            nuint b = column[rows[i + 1]];
            nuint c = column[rows[i + 2]];
            nuint d = column[rows[i + 3]];
            target[a] += block[i];
            target[b] += block[i + 1];
            target[c] += block[i + 2];
            target[d] += block[i + 3];
        }

        for (; i < count; i++)
            target[column[rows[i]]] += block[i];
    }

    private void Subtract(Vector128<long>[] parent, Vector128<long>[] child, ReadOnlySpan<int> features)
    {
        foreach (int feature in features)
        {
            for (int bin = _bins.Offsets[feature]; bin < _bins.Offsets[feature + 1]; bin++)
                parent[bin] -= child[bin];
        }
    }

    private SplitCandidate BestSplit(Leaf leaf, ReadOnlySpan<int> features)
    {
        SplitCandidate best = SplitCandidate.None;
        if (!MaySplit(leaf))
            return best;

        double parent = Quality(leaf.Sum);

        // A split of equal rows gains nothing but rounding.
        best.Gain = Math.Max(_options.MinSplitGain, 1e-12 * parent);
        foreach (int feature in features)
        {
            ReadOnlySpan<Vector128<long>> histogram = leaf.Histogram.AsSpan(_bins.Offsets[feature], _bins.ValueBins(feature) + 1);
            int last = histogram.Length - 2;
            Vector128<long> missing = histogram[^1];
            bool hasMissing = _gradients.Count(missing) > 0;
            Vector128<long> left = Vector128<long>.Zero;
            for (int bin = 0; bin < last; bin++)
            {
                left += histogram[bin];
                Consider(ref best, leaf, parent, left, feature, bin, missingLeft: false);
                if (hasMissing)
                    Consider(ref best, leaf, parent, left + missing, feature, bin, missingLeft: true);
            }

            // Every value to the left, only the missing to the right.
            if (hasMissing)
                Consider(ref best, leaf, parent, left + histogram[last], feature, last, missingLeft: false);
            if (best.Feature == feature && !hasMissing)
                best.MissingLeft = 2 * _gradients.Count(best.Left) >= leaf.Count;
        }

        return best.Exists ? best : SplitCandidate.None;
    }

    private void Consider(
        ref SplitCandidate best, Leaf leaf, double parent, Vector128<long> left, int feature, int bin, bool missingLeft)
    {
        int leftCount = _gradients.Count(left);
        if (leftCount < _options.MinRowsInLeaf || leaf.Count - leftCount < _options.MinRowsInLeaf)
            return;
        Vector128<long> right = leaf.Sum - left;
        if (_gradients.Hessian(left) < _options.MinHessianInLeaf || _gradients.Hessian(right) < _options.MinHessianInLeaf)
            return;
        double gain = 0.5 * (Quality(left) + Quality(right) - parent);
        if (!(gain > best.Gain))
            return;
        best = new SplitCandidate { Gain = gain, Feature = feature, Bin = bin, MissingLeft = missingLeft, Left = left };
    }

    private double Quality(Vector128<long> sum)
    {
        double gradient = _gradients.Gradient(sum);
        double denominator = _gradients.Hessian(sum) + _options.L2;
        return denominator > 0 ? gradient * gradient / denominator : 0;
    }
}
