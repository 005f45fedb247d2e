using System.Runtime.InteropServices;
using MlOps.DuckDb.Native;

namespace MlOps.DuckDb.Reading;

/// <summary>A reader whose values land in an array of <typeparamref name="T"/> and whose nulls land in a bitmap.</summary>
internal abstract unsafe class ColumnReader<T>(string name) : ColumnReader(name)
{
    private T[] _values = [];
    private ulong[]? _validity;
    private int _count;
    private int _firstCapacity = 2048;

    public sealed override void Append(nint vector, int count)
    {
        Reserve(count);
        var data = DuckDbNative.VectorData(vector);
        var validity = DuckDbNative.VectorValidity(vector);
        var target = _values.AsSpan(_count, count);
        if (validity is not null && AllValid(validity, count))
            validity = null;
        Convert(data, validity, target);
        if (validity is not null)
            AppendNulls(validity, target);
        else if (_validity is not null)
            SetBits(_validity, _count, count);
        _count += count;
    }

    public sealed override DataColumn Take()
    {
        if (_values.Length != _count)
            Array.Resize(ref _values, _count);
        var column = DataColumn.Create(Name, _values, _validity);
        _firstCapacity = Math.Max(_firstCapacity, _count);
        _values = [];
        _validity = null;
        _count = 0;
        return column;
    }

    /// <summary>Turns a vector into values. Where a validity bit is 0 the source holds anything, dangling pointers too.</summary>
    protected abstract void Convert(void* data, ulong* validity, Span<T> target);

    protected static bool IsValid(ulong* validity, int row) => validity is null || (validity[row >> 6] >> (row & 63) & 1) != 0;

    private void Reserve(int count)
    {
        var needed = checked(_count + count);
        if (needed <= _values.Length)
            return;
        var capacity = (int)Math.Min(Array.MaxLength, Math.Max(Math.Max(_firstCapacity, needed), _values.Length * 2L));
        Array.Resize(ref _values, capacity);
        if (_validity is not null)
            Array.Resize(ref _validity, (capacity + 63) / 64);
    }

    private void AppendNulls(ulong* validity, Span<T> target)
    {
        if (_validity is null)
        {
            _validity = new ulong[(_values.Length + 63) / 64];
            SetBits(_validity, 0, _count);
        }

        for (var i = 0; i < target.Length; i++)
        {
            if (IsValid(validity, i))
                _validity[(_count + i) >> 6] |= 1UL << ((_count + i) & 63);
            else
                target[i] = default!;
        }
    }

    private static bool AllValid(ulong* validity, int count)
    {
        var words = MemoryMarshal.CreateReadOnlySpan(ref *validity, count / 64);
        if (words.ContainsAnyExcept(ulong.MaxValue))
            return false;
        var rest = count & 63;
        return rest == 0 || (~validity[count / 64] & ((1UL << rest) - 1)) == 0;
    }

    private static void SetBits(ulong[] bits, int start, int count)
    {
        for (var bit = start; bit < start + count;)
        {
            var take = Math.Min(64 - (bit & 63), start + count - bit);
            bits[bit >> 6] |= (take == 64 ? ulong.MaxValue : (1UL << take) - 1) << (bit & 63);
            bit += take;
        }
    }
}
