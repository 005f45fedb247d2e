using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MlOps.Learning;

/// <summary>All trees of a model in flat arrays; a child always comes after its parent, siblings lie side by side.</summary>
internal sealed class Forest
{
    private readonly TreeNode[] _nodes;
    private readonly float[] _values;
    private readonly int[] _roots;

    public Forest(TreeNode[] nodes, float[] values, double[] gains, int[] roots, double baseScore)
    {
        _nodes = nodes;
        _values = values;
        _roots = roots;
        Gains = gains;
        BaseScore = baseScore;
    }

    public double BaseScore { get; }

    /// <summary>The loss reduction of each node's split; 0 at leaves.</summary>
    public double[] Gains { get; }

    public ReadOnlySpan<TreeNode> Nodes => _nodes;

    /// <summary>The score that each leaf adds; 0 at splits.</summary>
    public ReadOnlySpan<float> Values => _values;

    public ReadOnlySpan<int> Roots => _roots;

    public double Score(ReadOnlySpan<float> row)
    {
        double score = BaseScore;
        foreach (int root in _roots)
        {
            int at = root;
            while (true)
            {
                ref readonly TreeNode node = ref _nodes[at];
                if (node.Left == at)
                    break;
                at = node.Next(row[node.Feature]);
            }

            score += _values[at];
        }

        return score;
    }

    /// <summary>Scores rows that lie one after the other, tree by tree so that one tree's nodes stay in the first-level cache.</summary>
    public void Score(ReadOnlySpan<float> rows, int width, Span<double> scores)
    {
        scores.Fill(BaseScore);
        ref TreeNode nodes = ref MemoryMarshal.GetArrayDataReference(_nodes);
        int whole = scores.Length & ~3;
        foreach (int root in _roots)
        {
            for (int row = 0; row < whole; row += 4)
            {
                // Four rows at a time hide the latency of the dependent loads.
                ReadOnlySpan<float> quad = rows.Slice(row * width, 4 * width);
                ref float values = ref MemoryMarshal.GetReference(quad);
                int a = root, b = root, c = root, d = root;
                int moved;
                do
                {
                    int nextA = Step(ref nodes, a, ref values);
                    int nextB = Step(ref nodes, b, ref Unsafe.Add(ref values, width));
                    int nextC = Step(ref nodes, c, ref Unsafe.Add(ref values, 2 * width));
                    int nextD = Step(ref nodes, d, ref Unsafe.Add(ref values, 3 * width));
                    moved = (a ^ nextA) | (b ^ nextB) | (c ^ nextC) | (d ^ nextD);
                    (a, b, c, d) = (nextA, nextB, nextC, nextD);
                }
                while (moved != 0);

                scores[row] += _values[a];
                scores[row + 1] += _values[b];
                scores[row + 2] += _values[c];
                scores[row + 3] += _values[d];
            }
        }

        for (int row = whole; row < scores.Length; row++)
            scores[row] = Score(rows.Slice(row * width, width));
    }

    // The constructor's callers have checked that every feature and child is in range.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Step(ref TreeNode nodes, int at, ref float row)
    {
        ref TreeNode node = ref Unsafe.Add(ref nodes, at);
        return node.Next(Unsafe.Add(ref row, node.Feature));
    }
}
