namespace MlOps.Features;

/// <summary>
/// How a view's entities lie in memory. A block of window entries holds arrays side by side: event times, availabilities, then for each fixed-point column
/// running totals (of an entry together: count, sum in two words and, where asked for, sum of squares in two words), the entry's own smallest and largest
/// value and its own bucket; then the entry's own hash for each hashed column. A block of recent rows holds rows: event time, availability, null bits, values.
/// </summary>
internal sealed class OnlineLayout
{
    public const int Times = 0;
    public const int Available = 1;

    public OnlineLayout(ViewPlan plan)
    {
        Plan = plan;
        var word = 2;
        var sketch = 0;
        Fixed = new FixedPlace[plan.Fixed.Length];
        for (var c = 0; c < Fixed.Length; c++)
        {
            var use = plan.Uses[c];
            Fixed[c] = new FixedPlace(
                Totals: Take(WidthOf(use)), Width: WidthOf(use), Extremes: use.HasFlag(ColumnUse.Extremes) ? Take(2) : -1,
                Bucket: use.HasFlag(ColumnUse.Buckets) ? Take(1) : -1, Sketch: use.HasFlag(ColumnUse.Buckets) ? sketch++ : -1);
        }

        Hashed = new HashedPlace[plan.Hashed.Length];
        for (var c = 0; c < Hashed.Length; c++)
        {
            var column = c;
            var most = (int)plan.Features.Where(f => f.Function == AggregateFunction.DistinctCount && f.Column == column).Max(f => f.Parameter);
            Hashed[c] = new HashedPlace(Take(1), sketch++, most);
        }

        WindowWords = Fixed.Length + Hashed.Length > 0 ? word : 0;
        Sketches = sketch;
        Plain = new PlainPlace[plan.Plain.Length];
        PlaceRows();
        WindowsOfEntries = [.. plan.Features.Where(f => f.Window >= 0 && f.Function != AggregateFunction.LastN).Select(f => f.Window).Distinct().Order()];
        ReachesForEver = WindowsOfEntries.Any(w => plan.Windows[w].Kind == FeatureWindowKind.Lifetime);
        TumblingLasts = [.. plan.Features.Where(f => f.Function == AggregateFunction.LastN && plan.Windows[f.Window].Kind == FeatureWindowKind.Tumbling).Select(f => f.Window).Distinct()];

        WindowArrays = WindowWords == 0 ? [] :
        [
            (Times, 1), (Available, 1), .. Fixed.Select(place => (place.Totals, place.Width)),
            .. Fixed.Where(place => place.Extremes >= 0).SelectMany(place => new[] { (place.Extremes, 1), (place.Extremes + 1, 1) }),
            .. Fixed.Where(place => place.Bucket >= 0).Select(place => (place.Bucket, 1)), .. Hashed.Select(place => (place.Hash, 1)),
        ];

        static int WidthOf(ColumnUse use) => use.HasFlag(ColumnUse.Squares) ? 5 : 3;

        int Take(int words)
        {
            word += words;
            return word - words;
        }
    }

    public ViewPlan Plan { get; }

    public FixedPlace[] Fixed { get; }

    public HashedPlace[] Hashed { get; }

    public PlainPlace[] Plain { get; }

    /// <summary>Words of a window entry; 0 when there are no windows but those of last values.</summary>
    public int WindowWords { get; }

    /// <summary>The arrays of a window block: where each begins, in words of an entry, and how many words it has of each entry.</summary>
    public (int Start, int Width)[] WindowArrays { get; }

    /// <summary>Sketches of a window entry.</summary>
    public int Sketches { get; }

    /// <summary>Words of a recent row; 0 without plain features and last values.</summary>
    public int RowWords { get; private set; }

    /// <summary>Texts of a recent row.</summary>
    public int Texts { get; private set; }

    /// <summary>The windows that read window entries.</summary>
    public int[] WindowsOfEntries { get; }

    public bool ReachesForEver { get; }

    /// <summary>Tumbling windows of last values: they end before the newest rows.</summary>
    public int[] TumblingLasts { get; }

    // Floats come first and two a word, so that neighbours can be copied in one go.
    private void PlaceRows()
    {
        if (Plain.Length == 0)
            return;
        var types = Plan.Plain.Select(column => column.Type).ToArray();
        var nullable = types.Count(type => type is DataType.Int64 or DataType.Boolean or DataType.Timestamp);
        var word = 2 + (nullable + 63) / 64;
        int half = 2 * word, bit = 0;
        for (var c = 0; c < types.Length; c++)
        {
            if (types[c] == DataType.Float32)
                Plain[c] = new PlainPlace(types[c], half++, 0);
        }

        word = (half + 1) / 2;
        for (var c = 0; c < types.Length; c++)
        {
            if (types[c] == DataType.Float64)
                Plain[c] = new PlainPlace(types[c], word++, 0);
            else if (types[c] == DataType.String)
                Plain[c] = new PlainPlace(types[c], Texts++, 0);
            else if (types[c] != DataType.Float32)
                Plain[c] = new PlainPlace(types[c], word++, bit++);
        }

        RowWords = word;
    }

    /// <summary>Where the arrays of a fixed-point column lie, and how many words its totals have; -1 what is not kept.</summary>
    internal readonly record struct FixedPlace(int Totals, int Width, int Extremes, int Bucket, int Sketch);

    /// <summary>Where the array of a hashed column lies, which sketch it is, how many hashes are kept.</summary>
    internal readonly record struct HashedPlace(int Hash, int Sketch, int Size);

    /// <summary>Where a plain column lies in a row: the half word of a float, the word of a number, the place of a text; and its null bit, from the third word on.</summary>
    internal readonly record struct PlainPlace(DataType Type, int At, int Bit);
}
