using System.Numerics;
using System.Runtime.CompilerServices;

namespace MlOps.DuckDb.Reading;

/// <summary>Values that DuckDB stores as .NET does.</summary>
internal sealed unsafe class CopyReader<T>(string name) : ColumnReader<T>(name)
    where T : unmanaged
{
    protected override void Convert(void* data, ulong* validity, Span<T> target) => new ReadOnlySpan<T>(data, target.Length).CopyTo(target);
}

/// <summary>Integers that go into a wider or a narrower type, checked.</summary>
internal sealed unsafe class NumberReader<TSource, TTarget>(string name) : ColumnReader<TTarget>(name)
    where TSource : unmanaged, INumberBase<TSource>
    where TTarget : unmanaged, INumberBase<TTarget>
{
    protected override void Convert(void* data, ulong* validity, Span<TTarget> target)
    {
        var source = (byte*)data;
        for (var i = 0; i < target.Length; i++)
        {
            if (!IsValid(validity, i))
                continue;
            var value = Unsafe.ReadUnaligned<TSource>(source + (long)i * sizeof(TSource));
            try
            {
                target[i] = TTarget.CreateChecked(value);
            }
            catch (OverflowException e)
            {
                throw new InvalidInputException($"Column '{Name}' holds {value}, which does not fit {typeof(TTarget).Name}. Select CAST(\"{Name}\" AS DOUBLE) instead.", e);
            }
        }
    }
}

/// <summary>Fixed-point decimals, divided by their scale.</summary>
internal sealed unsafe class DecimalReader<TSource>(string name, int scale) : ColumnReader<double>(name)
    where TSource : unmanaged, INumberBase<TSource>
{
    private readonly double _divisor = Math.Pow(10, scale);

    protected override void Convert(void* data, ulong* validity, Span<double> target)
    {
        var source = (byte*)data;
        for (var i = 0; i < target.Length; i++)
        {
            if (IsValid(validity, i))
                target[i] = double.CreateChecked(Unsafe.ReadUnaligned<TSource>(source + (long)i * sizeof(TSource))) / _divisor;
        }
    }
}
