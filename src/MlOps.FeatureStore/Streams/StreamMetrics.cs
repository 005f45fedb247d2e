using System.Diagnostics.Metrics;

namespace MlOps.Features;

/// <summary>Counts what stream jobs do.</summary>
internal static class StreamMetrics
{
    private static readonly Meter Meter = new("MlOps.Features");
    private static readonly Counter<long> AppliedRows = Meter.CreateCounter<long>("mlops.features.stream.rows", "{row}", "Rows that stream jobs applied to online states");
    private static readonly Counter<long> LandedRows = Meter.CreateCounter<long>("mlops.features.stream.landed", "{row}", "Rows that stream jobs landed in the offline store");
    private static readonly Counter<long> LateRows = Meter.CreateCounter<long>("mlops.features.stream.late", "{row}", "Rows later than allowed");
    private static readonly Counter<long> DuplicateRows = Meter.CreateCounter<long>("mlops.features.stream.duplicates", "{row}", "Rows left out as repetitions");
    private static readonly Counter<long> PoisonRecords = Meter.CreateCounter<long>("mlops.features.stream.poison", "{record}", "Records set aside");

    public static void Applied(StreamJob job, long rows) => Add(AppliedRows, job, rows);

    public static void Landed(StreamJob job, long rows) => Add(LandedRows, job, rows);

    public static void Late(StreamJob job, long rows) => Add(LateRows, job, rows);

    public static void Duplicates(StreamJob job, long rows) => Add(DuplicateRows, job, rows);

    public static void Poison(StreamJob job) => Add(PoisonRecords, job, 1);

    private static void Add(Counter<long> counter, StreamJob job, long count)
    {
        if (count > 0 && counter.Enabled)
            counter.Add(count, new KeyValuePair<string, object?>("mlops.features.job", job.Name), new KeyValuePair<string, object?>("mlops.features.view", job.View));
    }
}
