using System.Numerics;

namespace MlOps;

/// <summary>A column of <typeparamref name="T"/>.</summary>
/// <typeparam name="T">bool, int, long, float, double, string or <see cref="Timestamp"/>.</typeparam>
public sealed partial class DataColumn<T> : DataColumn
{
    private readonly T[] _values;
    private readonly ulong[]? _validity;
    private readonly int _offset;

    internal DataColumn(string name, T[] values, ulong[]? validity)
        : this(name, values, validity, 0, values.Length)
    {
        if (validity is not null && validity.Length < (values.Length + 63) / 64)
            throw new InvalidDefinitionException($"Column '{name}' has {values.Length} rows but validity bits for {validity.Length * 64} only.");
    }

    private DataColumn(string name, T[] values, ulong[]? validity, int offset, int length)
        : base(name, TypeOf<T>(), length)
    {
        _values = values;
        _validity = validity;
        _offset = offset;
        NullCount = CountNulls(validity, offset, length);
    }

    /// <inheritdoc />
    public override int NullCount { get; }

    /// <summary>The values; where a row is null the value is the type's default (or what the array held).</summary>
    public ReadOnlySpan<T> Span => _values.AsSpan(_offset, Length);

    /// <summary>The values as memory.</summary>
    public ReadOnlyMemory<T> Memory => _values.AsMemory(_offset, Length);

    /// <summary>A value without regard to nulls.</summary>
    /// <param name="row">The row, from 0.</param>
    public T this[int row] => Span[row];

    /// <inheritdoc />
    public override bool IsNull(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Length);
        var bit = _offset + row;
        return _validity is not null && (_validity[bit >> 6] >> (bit & 63) & 1) == 0;
    }

    /// <inheritdoc />
    public override object? GetValue(int row) => IsNull(row) ? null : Span[row];

    /// <inheritdoc />
    public override DataColumn<T> Slice(int start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)start + length, Length);
        return new DataColumn<T>(Name, _values, _validity, _offset + start, length);
    }

    /// <inheritdoc />
    public override DataColumn<T> Take(ReadOnlySpan<int> rows)
    {
        var values = new T[rows.Length];
        ulong[]? validity = null;
        for (var i = 0; i < rows.Length; i++)
        {
            var row = rows[i];
            if (row >= 0 && !IsNull(row))
            {
                values[i] = _values[_offset + row];
                continue;
            }

            validity ??= ValidityBits.AllValid(rows.Length);
            validity[i >> 6] &= ~(1UL << (i & 63));
        }

        return new DataColumn<T>(Name, values, validity);
    }

    /// <inheritdoc />
    public override DataColumn<T> Rename(string name) => new(name, _values, _validity, _offset, Length);

    private static int CountNulls(ulong[]? validity, int offset, int length)
    {
        if (validity is null || length == 0)
            return 0;
        var valid = 0;
        var end = offset + length;
        for (var bit = offset; bit < end;)
        {
            var word = validity[bit >> 6] >> (bit & 63);
            var take = Math.Min(64 - (bit & 63), end - bit);
            if (take < 64)
                word &= (1UL << take) - 1;
            valid += BitOperations.PopCount(word);
            bit += take;
        }

        return length - valid;
    }
}
