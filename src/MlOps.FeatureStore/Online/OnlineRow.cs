namespace MlOps.Features;

/// <summary>One row on its way into the online state: columns with the row's place in them, and its plain values packed as the layout wants them.</summary>
internal readonly ref struct OnlineRow
{
    public required long Event { get; init; }

    public required long Available { get; init; }

    public required long[][] Fixed { get; init; }

    public required long[][] Hashed { get; init; }

    /// <summary>The place in the columns.</summary>
    public required int At { get; init; }

    /// <summary>A recent row's words; the first two are set by the state.</summary>
    public required ReadOnlySpan<long> Words { get; init; }

    public required ReadOnlySpan<string?> Texts { get; init; }

    /// <summary>Whether the row is known to replace no other that is not kept by itself any more.</summary>
    public bool IsNew { get; init; }
}
