namespace MlOps.Features;

/// <summary>
/// Segment files, version 2, little-endian: a header of 64 bytes (magic, version, counts, section count, the view's definition hash),
/// a directory of 32 bytes a section (id, type, offset, length, CRC-32C), a CRC-32C of both, then the sections, each at a multiple of 64.
/// </summary>
internal static class SegmentFormat
{
    public const uint Version = 2;
    public const int HeaderBytes = 64;
    public const int EntryBytes = 32;
    public const int Alignment = 64;
    public const int MaxSections = 4096;

    public const uint Keys = 1;
    public const uint Starts = 2;
    public const uint Event = 3;
    public const uint Available = 4;
    public const uint Commit = 5;
    public const uint FixedBase = 1000;
    public const uint PlainBase = 10_000;
    public const uint HashedBase = 20_000;

    /// <summary>Validity bits of a plain column that holds nulls.</summary>
    public const uint ValidityBase = 30_000;

    /// <summary>The distinct texts of a plain column of texts, whose rows hold places in them.</summary>
    public const uint TextsBase = 40_000;

    public static ReadOnlySpan<byte> Magic => "MLFSEG\r\n"u8;

    public static string NameOf(uint section) => section switch
    {
        Keys => "keys",
        Starts => "entity starts",
        Event => "event time",
        Available => "availability",
        Commit => "commit",
        >= TextsBase => $"texts of plain column {section - TextsBase}",
        >= ValidityBase => $"validity of plain column {section - ValidityBase}",
        >= HashedBase => $"hashed column {section - HashedBase}",
        >= PlainBase => $"plain column {section - PlainBase}",
        >= FixedBase => $"aggregated column {section - FixedBase}",
        _ => $"section {section}",
    };
}
