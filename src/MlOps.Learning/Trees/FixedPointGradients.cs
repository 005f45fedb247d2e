using System.Runtime.Intrinsics;

namespace MlOps.Learning;

/// <summary>
/// First and second derivatives of every row as integers: lane 0 the gradient, lane 1 the hessian above a row count of 1.
/// Integer sums do not depend on the order of adding, so histograms are exact under subtraction, the same for any number of threads,
/// and the same when rows are permuted; one 16-byte addition moves gradient, hessian and count together.
/// </summary>
internal sealed class FixedPointGradients
{
    private readonly long _countMask;
    private double _gradientScale;
    private double _hessianScale;
    private double _gradientUnit;
    private double _hessianUnit;

    public FixedPointGradients(int rows)
    {
        Rows = GC.AllocateUninitializedArray<Vector128<long>>(rows, pinned: true);
        CountBits = 64 - (int)ulong.LeadingZeroCount((ulong)rows);
        _countMask = (1L << CountBits) - 1;
    }

    public Vector128<long>[] Rows { get; }

    public int CountBits { get; }

    /// <summary>Chooses the finest units that cannot overflow: the sum over all rows stays below 2^62 in both lanes.</summary>
    public void SetRange(double maxGradient, double maxHessian)
    {
        int gradientShift = 62 - CountBits - Exponent(maxGradient);
        int hessianShift = 62 - (2 * CountBits) - Exponent(maxHessian);
        _gradientScale = Math.ScaleB(1, gradientShift);
        _hessianScale = Math.ScaleB(1, hessianShift);
        _gradientUnit = Math.ScaleB(1, -gradientShift);
        _hessianUnit = Math.ScaleB(1, -hessianShift);
    }

    public void Set(int row, double gradient, double hessian) => Rows[row] = Vector128.Create(
        (long)Math.Round(gradient * _gradientScale),
        ((long)Math.Round(hessian * _hessianScale) << CountBits) + 1);

    public double Gradient(Vector128<long> sum) => sum.GetElement(0) * _gradientUnit;

    public double Hessian(Vector128<long> sum) => (sum.GetElement(1) >> CountBits) * _hessianUnit;

    public int Count(Vector128<long> sum) => (int)(sum.GetElement(1) & _countMask);

    /// <summary>The least e with 2^e at or above the value.</summary>
    private static int Exponent(double value) => value > 0 ? Math.ILogB(value) + 1 : 0;
}
