using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Benchmarks.Measuring;

namespace MlOps.Benchmarks.Claims.Registry;

/// <summary>What the audit trail costs, and what it answers.</summary>
internal static class AuditClaims
{
    private const int Many = 1_000_000;

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "registry.audit-proof",
            "milliseconds for an inclusion proof of a random one of 1,000,200 records, checked by the verifier, the median of 500; beside it the 99th percentile, the same for consistency proofs, and a verification of the whole trail",
            "at most 1.0 ms",
            ProofAsync),
        new Claim(
            "registry.audit-append",
            "time of a write transaction of 256 appended records over that of 256 rows of the same shape inserted without chain and tree",
            "at most 4.0 x",
            AppendAsync),
    ];

    private static async Task<ClaimResult> ProofAsync(ClaimContext context, CancellationToken stop)
    {
        await using var host = new ClaimHost(context.Folder);
        var (store, log) = (host.Environment.Context.Metadata, host.Environment.Context.Audit);
        var clock = Stopwatch.StartNew();
        // The last tiles of every level are left open, which costs a proof the most.
        int records = Many + 200;
        for (int written = 0; written < records;)
        {
            int count = Math.Min(20_000, records - written);
            await FillAsync(store, log, count, stop);
            written += count;
            if (written % 200_000 == 0)
                context.Report($"{written:N0} records after {clock.Elapsed.TotalSeconds:F1} s");
        }

        double filled = clock.Elapsed.TotalSeconds;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var checkpoint = await log.CheckpointAsync(new AuditSigner("claims", key), cancellationToken: stop);
        var random = new Random(context.Seed);
        double[] inclusion = new double[500], consistency = new double[200];
        for (int i = -50; i < inclusion.Length; i++)
        {
            long sequence = random.Next(1, records + 1);
            var record = (await log.ReadAsync(sequence - 1, 1, stop))[0];
            long before = Stopwatch.GetTimestamp();
            var proof = await log.ProveInclusionAsync(sequence, checkpoint.Size, stop);
            bool holds = AuditProof.VerifyInclusion("sandbox", record, proof, checkpoint);
            if (i >= 0)
                inclusion[i] = Stopwatch.GetElapsedTime(before).TotalMilliseconds;
            if (!holds)
                throw new InvalidOperationException($"The proof of record {sequence} does not hold.");
        }

        for (int i = 0; i < consistency.Length; i++)
        {
            long before = Stopwatch.GetTimestamp();
            _ = await log.ProveConsistencyAsync(random.Next(1, records), cancellationToken: stop);
            consistency[i] = Stopwatch.GetElapsedTime(before).TotalMilliseconds;
        }

        clock.Restart();
        var report = await log.VerifyAsync(new AuditVerification { Checkpoints = [checkpoint] }, stop);
        double verified = clock.Elapsed.TotalSeconds;
        if (!report.IsIntact)
            throw new InvalidOperationException($"The trail is not intact: {report.Findings[0]}");
        Array.Sort(inclusion);
        Array.Sort(consistency);
        double median = inclusion[inclusion.Length / 2];
        return ClaimResult.AtMost(median, 1, Text($"{median:F2} ms"), new ClaimDetail(
            "Audit trail of 1,000,200 records", ["operation", "figure"],
            [
                ["inclusion proof, median", Text($"{median:F3} ms")],
                ["inclusion proof, 99th percentile", Text($"{inclusion[inclusion.Length * 99 / 100]:F3} ms")],
                ["consistency proof, median", Text($"{consistency[consistency.Length / 2]:F3} ms")],
                ["verification of chain, tree and checkpoint", Text($"{verified:F1} s, {records / verified:N0} records/s")],
                ["appending in bulk", Text($"{records / filled:N0} records/s")],
            ]));
    }

    private static async Task<ClaimResult> AppendAsync(ClaimContext context, CancellationToken stop)
    {
        const string appended = "audit records", plain = "plain rows";
        await using var host = new ClaimHost(context.Folder);
        var (store, log) = (host.Environment.Context.Metadata, host.Environment.Context.Audit);
        await store.WriteAsync((session, _) => session.ExecuteAsync(
            "CREATE TABLE plain (sequence BIGINT PRIMARY KEY, time BIGINT NOT NULL, actor TEXT NOT NULL, operation TEXT NOT NULL, subject TEXT NOT NULL, " +
            "reason TEXT NOT NULL, before_state TEXT, after_state TEXT, hash TEXT NOT NULL)"), stop);
        string hash = new('a', 64);
        long sequence = 0;
        var result = await Paired.MeasureAsync(
            new PairedOptions { Rounds = 40, Operations = 256, WarmUp = TimeSpan.FromSeconds(1) },
            [
                (plain, async (_, count) => await store.WriteAsync(
                    async (session, _) =>
                    {
                        for (int i = 0; i < count; i++)
                        {
                            await session.ExecuteAsync(
                                "INSERT INTO plain (sequence, time, actor, operation, subject, reason, before_state, after_state, hash) " +
                                "VALUES (@sequence, @time, @actor, @operation, @subject, @reason, @before, @after, @hash)",
                                ("@sequence", ++sequence), ("@time", 0L), ("@actor", "process:claims"), ("@operation", "registry.alias.set"), ("@subject", "churn@champion"),
                                ("@reason", "claim"), ("@before", "{\"version\":1}"), ("@after", "{\"version\":2}"), ("@hash", hash));
                        }

                        return (long)count;
                    },
                    stop)),
                (appended, async (_, count) => await FillAsync(store, log, count, stop)),
            ],
            stop);
        double ratio = result.WallRatio(appended, plain);
        return ClaimResult.AtMost(ratio, 4, Text($"{ratio:F2} x"), result.ToDetail("One record of a transaction of 256", plain));
    }

    private static ValueTask<long> FillAsync(IMetadataStore store, IAuditLog log, int count, CancellationToken stop) => store.WriteAsync(
        async (session, _) =>
        {
            var entry = new AuditEntry("registry.alias.set", "churn@champion", "claim", "{\"version\":1}", "{\"version\":2}");
            for (int i = 0; i < count; i++)
                await log.AppendAsync(session, entry);
            return (long)count;
        },
        stop);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
