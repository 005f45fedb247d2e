namespace MlOps.Serving;

/// <summary>What one variant answered in this process since it was last written down. A cache line of its own.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit, Size = 128)]
internal struct VariantCounts
{
    [System.Runtime.InteropServices.FieldOffset(32)]
    private long _answers;

    [System.Runtime.InteropServices.FieldOffset(40)]
    private long _failures;

    [System.Runtime.InteropServices.FieldOffset(48)]
    private long _ticks;

    public void Answered(long ticks)
    {
        Interlocked.Increment(ref _answers);
        Interlocked.Add(ref _ticks, ticks);
    }

    public void Failed() => Interlocked.Increment(ref _failures);

    public VariantTotals Take() => new(Interlocked.Exchange(ref _answers, 0), Interlocked.Exchange(ref _failures, 0), Interlocked.Exchange(ref _ticks, 0));

    public void Return(VariantTotals totals)
    {
        Interlocked.Add(ref _answers, totals.Answers);
        Interlocked.Add(ref _failures, totals.Failures);
        Interlocked.Add(ref _ticks, totals.Ticks);
    }
}

/// <summary>Counts of a variant; ticks of 100 ns.</summary>
internal readonly record struct VariantTotals(long Answers, long Failures, long Ticks);
