using System.Runtime.CompilerServices;

namespace MlOps.Learning;

/// <summary>
/// One node of a forest, 12 bytes. A row goes to <see cref="Left"/> when its value is not above the threshold, else to the node after it.
/// A leaf points at itself and nothing is above its threshold, so walking on from a leaf stays there.
/// </summary>
internal readonly struct TreeNode(int feature, float threshold, int left, bool missingLeft)
{
    private readonly int _featureAndMissing = (feature << 1) | (missingLeft ? 0 : 1);

    public readonly float Threshold = threshold;

    public readonly int Left = left;

    public int Feature => _featureAndMissing >> 1;

    public bool MissingLeft => (_featureAndMissing & 1) == 0;

    public static TreeNode Leaf(int self) => new(0, float.PositiveInfinity, self, missingLeft: true);

    public bool IsLeaf(int self) => Left == self;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Next(float value)
    {
        bool right = value > Threshold;
        bool missing = float.IsNaN(value);
        return Left + (Unsafe.BitCast<bool, byte>(right) | (Unsafe.BitCast<bool, byte>(missing) & _featureAndMissing & 1));
    }
}
