using System.Runtime.Intrinsics;

namespace MlOps.Learning;

/// <summary>
/// Grows one tree at a time, best leaf first, over histograms of binned features (as LightGBM does, Ke et al. 2017): the smaller child's
/// histogram is built from its rows, the larger child's is the parent's minus it.
/// </summary>
internal sealed unsafe partial class TreeGrower
{
    private const int ParallelWork = 1 << 16;

    private readonly BinnedMatrix _bins;
    private readonly FixedPointGradients _gradients;
    private readonly GradientBoostedTreesOptions _options;
    private readonly int _threads;
    private readonly int[] _rows;
    private readonly int[] _scratch;
    private readonly Stack<Vector128<long>[]> _freeHistograms = new();
    private readonly List<Leaf> _leaves = [];
    private int[] _features = [];

    public TreeGrower(BinnedMatrix bins, FixedPointGradients gradients, GradientBoostedTreesOptions options, int threads)
    {
        _bins = bins;
        _gradients = gradients;
        _options = options;
        _threads = threads;
        _rows = GC.AllocateUninitializedArray<int>(bins.RowCount, pinned: true);
        _scratch = GC.AllocateUninitializedArray<int>(bins.RowCount, pinned: true);
    }

    /// <summary>Room for the rows of the next tree, in ascending order; growing reorders them.</summary>
    public Span<int> Rows => _rows;

    /// <summary>Grows a tree.</summary>
    /// <param name="forest">Where the tree is added.</param>
    /// <param name="rowCount">How many of <see cref="Rows"/> the tree sees.</param>
    /// <param name="features">The features it may use, ascending.</param>
    /// <param name="cancellationToken">Looked at before each split.</param>
    /// <returns>Whether there was anything to split.</returns>
    public bool Grow(ForestBuilder forest, int rowCount, int[] features, CancellationToken cancellationToken)
    {
        _features = features;
        _leaves.Clear();
        Vector128<long> sum = Vector128<long>.Zero;
        for (int i = 0; i < rowCount; i++)
            sum += _gradients.Rows[_rows[i]];
        Leaf root = new() { Node = forest.AddRoot(), Start = 0, Count = rowCount, Sum = sum };
        _leaves.Add(root);
        FindSplits(root, null);

        while (_leaves.Count < _options.MaxLeaves)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Leaf? best = null;
            foreach (Leaf leaf in _leaves)
            {
                if (leaf.Best.Exists && (best is null || leaf.Best.Gain > best.Best.Gain))
                    best = leaf;
            }

            if (best is null)
                break;
            Split(forest, best);
        }

        foreach (Leaf leaf in _leaves)
        {
            Release(leaf);
            double value = -_gradients.Gradient(leaf.Sum) / (_gradients.Hessian(leaf.Sum) + _options.L2);
            leaf.Value = (float)(_options.LearningRate * (double.IsFinite(value) ? value : 0));
            forest.SetValue(leaf.Node, leaf.Value);
        }

        return _leaves.Count > 1;
    }

    /// <summary>Adds the newest tree's values to the scores of the rows it was grown on.</summary>
    public void AddTo(double[] scores)
    {
        foreach (Leaf leaf in _leaves)
        {
            double value = leaf.Value;
            foreach (int row in _rows.AsSpan(leaf.Start, leaf.Count))
                scores[row] += value;
        }
    }

    private void Split(ForestBuilder forest, Leaf leaf)
    {
        SplitCandidate split = leaf.Best;
        float[] thresholds = _bins.Thresholds[split.Feature];
        bool valuesAgainstMissing = split.Bin == thresholds.Length;
        float threshold = valuesAgainstMissing ? float.PositiveInfinity : thresholds[split.Bin];
        int leftCount = Partition(leaf, split);

        int left = forest.Split(leaf.Node, split.Feature, threshold, split.MissingLeft, split.Gain);
        Leaf right = new() { Node = left + 1, Start = leaf.Start + leftCount, Count = leaf.Count - leftCount, Sum = leaf.Sum - split.Left };
        leaf.Node = left;
        leaf.Count = leftCount;
        leaf.Sum = split.Left;
        leaf.Best = SplitCandidate.None;
        _leaves.Add(right);
        if (_leaves.Count == _options.MaxLeaves)
            return;

        (Leaf small, Leaf large) = leaf.Count <= right.Count ? (leaf, right) : (right, leaf);
        if (!MaySplit(large))
        {
            Release(leaf);
            return;
        }

        large.Histogram = leaf.Histogram;
        if (!ReferenceEquals(large, leaf))
            leaf.Histogram = null;
        FindSplits(small, large);
    }

    /// <summary>Moves the rows that go left before those that go right; both keep their order.</summary>
    private int Partition(Leaf leaf, in SplitCandidate split)
    {
        byte* goesLeft = stackalloc byte[256];
        for (int bin = 0; bin < 256; bin++)
            goesLeft[bin] = (byte)(bin <= split.Bin || (split.MissingLeft && bin == _bins.MissingBin(split.Feature)) ? 1 : 0);

        int left = leaf.Start;
        int right = 0;
        fixed (int* rows = _rows)
        fixed (int* scratch = _scratch)
        fixed (byte* column = _bins.Bins[split.Feature])
        {
            int end = leaf.Start + leaf.Count;
            for (int i = leaf.Start; i < end; i++)
            {
                int row = rows[i];
                int go = goesLeft[column[row]];
                rows[left] = row;
                scratch[right] = row;
                left += go;
                right += 1 - go;
            }
        }

        _scratch.AsSpan(0, right).CopyTo(_rows.AsSpan(left));
        return left - leaf.Start;
    }

    private bool MaySplit(Leaf leaf) => leaf.Count >= 2L * _options.MinRowsInLeaf;

    private void Release(Leaf leaf)
    {
        if (leaf.Histogram is null)
            return;
        _freeHistograms.Push(leaf.Histogram);
        leaf.Histogram = null;
    }

    private sealed class Leaf
    {
        public int Node;
        public int Start;
        public int Count;
        public float Value;
        public Vector128<long> Sum;
        public SplitCandidate Best = SplitCandidate.None;
        public Vector128<long>[]? Histogram;
    }
}
