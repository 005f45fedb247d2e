namespace MlOps.Features;

/// <summary>The columns of a view's segments: event time, delay of availability, commit, then the plan's fixed, hashed and plain columns.</summary>
internal sealed class SegmentLayout
{
    public const int Event = 0;
    public const int Delay = 1;
    public const int Commit = 2;

    public SegmentLayout(ViewPlan plan)
    {
        FixedAt = 3;
        HashedAt = FixedAt + plan.Fixed.Length;
        PlainAt = HashedAt + plan.Hashed.Length;
        Kinds =
        [
            SegmentColumn.Raw64, SegmentColumn.Narrow, SegmentColumn.Narrow,
            .. plan.Fixed.Select(_ => SegmentColumn.Units), .. plan.Hashed.Select(_ => SegmentColumn.Raw64),
            .. plan.Plain.Select(column => column.Type switch
            {
                DataType.Float32 => SegmentColumn.Raw32,
                DataType.Float64 => SegmentColumn.Raw64,
                DataType.Boolean => SegmentColumn.Flag,
                DataType.String => SegmentColumn.Text,
                _ => SegmentColumn.Nullable,
            }),
        ];
        Names =
        [
            "event time", "availability", "commit", .. plan.Fixed.Select(column => $"column '{column.Column}'"), .. plan.Hashed.Select(column => $"column '{column}'"),
            .. plan.Plain.Select(column => $"column '{column.Column}'"),
        ];
    }

    public int FixedAt { get; }

    public int HashedAt { get; }

    public int PlainAt { get; }

    public SegmentColumn[] Kinds { get; }

    public string[] Names { get; }

    public int TypicalRowBytes => Kinds.Sum(kind => kind switch
    {
        SegmentColumn.Raw64 => 8,
        SegmentColumn.Raw32 or SegmentColumn.Nullable => 4,
        SegmentColumn.Flag => 1,
        _ => 2,
    });
}
