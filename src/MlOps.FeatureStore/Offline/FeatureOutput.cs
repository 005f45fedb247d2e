using System.Runtime.CompilerServices;

namespace MlOps.Features;

/// <summary>Where the values of one feature are put, by spine row, in its type. Threads may write different rows at the same time.</summary>
internal abstract class FeatureOutput
{
    public static FeatureOutput Create(DataType type, int rows) => type switch
    {
        DataType.Float32 => new Numbers<float>(rows, float.NaN),
        DataType.Float64 => new Numbers<double>(rows, double.NaN),
        DataType.Int64 => new Nullable<long>(rows),
        DataType.Timestamp => new Nullable<Timestamp>(rows),
        DataType.Boolean => new Nullable<bool>(rows),
        DataType.String => new Texts(rows),
        _ => throw new InvalidOperationException($"No feature is of type {type}."),
    };

    /// <summary>Writes a value of a window; for floats only.</summary>
    public virtual void Write(int place, double value) => throw new InvalidOperationException("A window yields numbers.");

    /// <summary>The array of a column of floats.</summary>
    public virtual T[]? Values<T>() => null;

    /// <summary>Copies values of a segment's plain column to places; a row of -1 has no value.</summary>
    public abstract void Gather(SegmentReader reader, int column, ReadOnlySpan<int> rows, ReadOnlySpan<int> places);

    /// <summary>Says that places have no value.</summary>
    public abstract void Blank(ReadOnlySpan<int> places);

    /// <summary>The column.</summary>
    public abstract DataColumn Build(string name);

    // Every row of a spine is written, be it with NaN.
    private sealed class Numbers<T>(int rows, T none) : FeatureOutput
        where T : unmanaged
    {
        private readonly T[] _values = GC.AllocateUninitializedArray<T>(rows);

        public override void Write(int place, double value)
        {
            if (typeof(T) == typeof(float))
                Unsafe.As<T, float>(ref _values[place]) = (float)value;
            else
                Unsafe.As<T, double>(ref _values[place]) = value;
        }

        public override TValue[]? Values<TValue>() => _values as TValue[];

        public override void Gather(SegmentReader reader, int column, ReadOnlySpan<int> rows, ReadOnlySpan<int> places)
        {
            reader.Gather(column, rows, places, _values, none);
        }

        public override void Blank(ReadOnlySpan<int> places)
        {
            foreach (var place in places)
                _values[place] = none;
        }

        public override DataColumn Build(string name) => DataColumn.Create(name, _values);
    }

    private sealed class Nullable<T>(int rows) : FeatureOutput
        where T : unmanaged
    {
        private readonly T[] _values = new T[rows];
        private readonly bool[] _present = new bool[rows];

        public override void Gather(SegmentReader reader, int column, ReadOnlySpan<int> rows, ReadOnlySpan<int> places)
        {
            for (var i = 0; i < rows.Length; i++)
            {
                if (rows[i] < 0 || !reader.TryWord(column, rows[i], out var word))
                    continue;
                _values[places[i]] = Unsafe.As<long, T>(ref word);
                _present[places[i]] = true;
            }
        }

        public override void Blank(ReadOnlySpan<int> places)
        {
            // Places begin without a value.
        }

        public override DataColumn Build(string name) => DataColumn.Create(name, _values, Validity(_present));
    }

    private sealed class Texts(int rows) : FeatureOutput
    {
        private readonly string?[] _values = new string?[rows];

        public override void Gather(SegmentReader reader, int column, ReadOnlySpan<int> rows, ReadOnlySpan<int> places)
        {
            for (var i = 0; i < rows.Length; i++)
            {
                if (rows[i] >= 0)
                    _values[places[i]] = reader.Text(column, rows[i]);
            }
        }

        public override void Blank(ReadOnlySpan<int> places)
        {
            // Places begin without a value.
        }

        public override DataColumn Build(string name) => DataColumn.Create(name, _values!, Validity(Array.ConvertAll(_values, static text => text is not null)));
    }

    private static ulong[]? Validity(bool[] present)
    {
        if (!present.AsSpan().Contains(false))
            return null;
        var bits = new ulong[(present.Length + 63) / 64];
        for (var i = 0; i < present.Length; i++)
        {
            if (present[i])
                bits[i >> 6] |= 1UL << (i & 63);
        }

        return bits;
    }
}
