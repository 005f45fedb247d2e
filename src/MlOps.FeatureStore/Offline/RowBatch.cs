namespace MlOps.Features;

/// <summary>A checked batch of a view's rows in the engines' own form: key codes, times in microseconds, fixed-point units, hashes, typed values.</summary>
internal sealed class RowBatch
{
    public required int Count { get; init; }

    /// <summary>The code of each row's entity.</summary>
    public required int[] Entity { get; init; }

    /// <summary>For each part of the key, its text by entity code.</summary>
    public required string[][] Keys { get; init; }

    public required long[] Event { get; init; }

    /// <summary>The same array as <see cref="Event"/> when the view has no availability time.</summary>
    public required long[] Available { get; init; }

    /// <summary>By column of <see cref="ViewPlan.Fixed"/>; <see cref="ViewPlan.Missing"/> where there is no value.</summary>
    public required long[][] Fixed { get; init; }

    /// <summary>By column of <see cref="ViewPlan.Hashed"/>; 0 where there is no value.</summary>
    public required long[][] Hashed { get; init; }

    /// <summary>By column of <see cref="ViewPlan.Plain"/>, of its type; a float that is not there is NaN (of one bit pattern) and not null, others are null.</summary>
    public required DataColumn[] Plain { get; init; }
}
