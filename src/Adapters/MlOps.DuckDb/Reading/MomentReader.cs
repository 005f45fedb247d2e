namespace MlOps.DuckDb.Reading;

/// <summary>The unit in which DuckDB counts a moment from the epoch.</summary>
internal enum MomentUnit
{
    Nanosecond,
    Microsecond,
    Millisecond,
    Second,
    Day,
}

/// <summary>Timestamps and dates of every unit, as microseconds; DuckDB's infinities become the ends of the range.</summary>
internal sealed unsafe class MomentReader(string name, MomentUnit unit) : ColumnReader<Timestamp>(name)
{
    protected override void Convert(void* data, ulong* validity, Span<Timestamp> target)
    {
        for (var i = 0; i < target.Length; i++)
        {
            if (IsValid(validity, i))
                target[i] = unit == MomentUnit.Day ? FromDays(((int*)data)[i]) : FromTime(((long*)data)[i]);
        }
    }

    private Timestamp FromDays(int days) => days switch
    {
        int.MaxValue => Timestamp.MaxValue,
        -int.MaxValue => Timestamp.MinValue,
        _ => InRange((Int128)days * 86_400_000_000),
    };

    private Timestamp FromTime(long value)
    {
        if (value == long.MaxValue)
            return Timestamp.MaxValue;
        if (value == -long.MaxValue)
            return Timestamp.MinValue;
        if (unit == MomentUnit.Microsecond && value >= Timestamp.MinValue.Microseconds && value <= Timestamp.MaxValue.Microseconds)
            return new Timestamp(value);
        return InRange(unit switch
        {
            MomentUnit.Second => (Int128)value * 1_000_000,
            MomentUnit.Millisecond => (Int128)value * 1_000,
            MomentUnit.Nanosecond => value >= 0 ? value / 1_000 : (value - 999) / 1_000,
            _ => value,
        });
    }

    private Timestamp InRange(Int128 microseconds) =>
        microseconds >= Timestamp.MinValue.Microseconds && microseconds <= Timestamp.MaxValue.Microseconds
            ? new Timestamp((long)microseconds)
            : throw new InvalidInputException($"Column '{Name}' holds a moment outside the years 1 to 9999 ({microseconds} microseconds from 1970). Select CAST(\"{Name}\" AS VARCHAR), or filter such rows out.");
}
