using System.Globalization;
using MlOps.Environments;

namespace MlOps.Crash.Tests;

/// <summary>Numbered work on the stores of one environment, and the check of what it must have left behind.</summary>
internal static class StoreWork
{
    private static readonly MetadataSchema Schema = new("crash",
        ["CREATE TABLE crash_row (number BIGINT PRIMARY KEY, seed BIGINT NOT NULL, digest TEXT NOT NULL, size BIGINT NOT NULL)"]);

    /// <summary>Stores an artifact, then a row, an audit record and an event in one transaction, then acknowledges on standard output.</summary>
    public static async Task RunAsync(string directory, int writes, int parallel)
    {
        await using var stores = EnvironmentStores.OpenEmbedded("sandbox", EnvironmentKind.Sandbox, directory);
        var area = new MetadataArea(stores.Context.Metadata, Schema);
        await Task.WhenAll(Enumerable.Range(0, parallel).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker + Environment.ProcessId);
            for (var i = 0; i < writes; i++)
            {
                var seed = random.NextInt64();
                var artifact = await stores.Context.Artifacts.PutBytesAsync(Bytes(seed), "application/octet-stream");
                var number = await RecordAsync(stores.Context, area, seed, artifact);
                lock (Schema)
                {
                    Console.Out.WriteLine(number.ToString(CultureInfo.InvariantCulture) + " " + artifact.Digest);
                    Console.Out.Flush();
                }
            }
        })));
    }

    /// <summary>Opens the environment as a restarted process would and lists every broken promise.</summary>
    public static async Task<List<string>> CheckAsync(string directory, IReadOnlyDictionary<long, string> acknowledged)
    {
        var broken = new List<string>();
        await using var stores = EnvironmentStores.OpenEmbedded("sandbox", EnvironmentKind.Sandbox, directory);
        var context = stores.Context;
        var area = new MetadataArea(context.Metadata, Schema);
        var rows = await area.ReadAsync((s, _) => s.QueryAsync(
            "SELECT number, seed, digest, size FROM crash_row ORDER BY number",
            r => (Number: r.GetInt64(0), Seed: r.GetInt64(1), Artifact: new ArtifactRef(r.GetString(2), r.GetInt64(3), "application/octet-stream"))));
        var byNumber = rows.ToDictionary(r => r.Number, r => r.Artifact.Digest);
        foreach (var (number, digest) in acknowledged)
        {
            if (byNumber.GetValueOrDefault(number) != digest)
                broken.Add($"acknowledged {number} is lost or changed");
        }

        for (var i = 0; i < rows.Count; i++)
        {
            if (rows[i].Number != i + 1)
                broken.Add($"row {i + 1} has number {rows[i].Number}");
            try
            {
                if (!(await context.Artifacts.GetBytesAsync(rows[i].Artifact)).AsSpan().SequenceEqual(Bytes(rows[i].Seed)))
                    broken.Add($"row {rows[i].Number} has other bytes");
            }
            catch (MlOpsException exception)
            {
                broken.Add($"row {rows[i].Number}: {exception.Message}");
            }
        }

        await foreach (var digest in context.Artifacts.ListAsync())
        {
            await using var stream = await context.Artifacts.OpenReadAsync(digest);
            try
            {
                await stream.CopyToAsync(Stream.Null);
            }
            catch (CorruptDataException exception)
            {
                broken.Add(exception.Message);
            }
        }

        if (await context.Audit.VerifyAsync() is { } first)
            broken.Add($"the audit chain breaks at {first}");
        var audited = (await context.Audit.ReadAsync(limit: int.MaxValue)).Select(r => r.Entry.Subject);
        if (!audited.SequenceEqual(rows.Select(r => r.Number.ToString(CultureInfo.InvariantCulture))))
            broken.Add("the audit trail and the rows differ");
        var events = (await context.Events.ReadAsync(limit: int.MaxValue)).Select(e => e.Subject);
        if (!events.SequenceEqual(rows.Select(r => r.Number.ToString(CultureInfo.InvariantCulture))))
            broken.Add("the events and the rows differ");
        var integrity = await area.ReadAsync((s, _) => s.QueryAsync("PRAGMA integrity_check", r => r.GetString(0)));
        if (integrity is not ["ok"])
            broken.Add("integrity: " + string.Join(", ", integrity));
        return broken;
    }

    public static ValueTask<long> RecordAsync(EnvironmentContext context, MetadataArea area, long seed, ArtifactRef artifact) =>
        area.WriteAsync(async (session, _) =>
        {
            var number = (await session.ScalarAsync("SELECT coalesce(max(number), 0) + 1 FROM crash_row"))!.Value;
            await session.ExecuteAsync(
                "INSERT INTO crash_row (number, seed, digest, size) VALUES (@number, @seed, @digest, @size)",
                ("@number", number), ("@seed", seed), ("@digest", artifact.Digest), ("@size", artifact.Size));
            var subject = number.ToString(CultureInfo.InvariantCulture);
            await context.Audit.AppendAsync(session, new AuditEntry("crash.row.add", subject));
            await context.Events.AppendAsync(session, "crash.row.added", subject);
            return number;
        });

    public static MetadataArea Area(EnvironmentContext context) => new(context.Metadata, Schema);

    private static byte[] Bytes(long seed)
    {
        var random = new Random((int)(seed ^ (seed >> 32)));
        var bytes = new byte[random.Next(1, 20_000)];
        random.NextBytes(bytes);
        return bytes;
    }
}
