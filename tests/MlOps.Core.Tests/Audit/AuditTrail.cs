using System.Security.Cryptography;
using MlOps.Testing;

namespace MlOps.Core.Tests.Audit;

/// <summary>An audit trail with records in it, and somebody who writes into its tables.</summary>
internal sealed class AuditTrail : IAsyncDisposable
{
    public TestEnvironment Environment { get; } = new();

    public ECDsa Key { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public AuditSigner Signer => new("tests.example/audit", Key);

    public IAuditLog Log => Environment.Context.Audit;

    public static async Task<AuditTrail> WithAsync(int records)
    {
        var trail = new AuditTrail();
        await trail.AppendAsync(records);
        return trail;
    }

    public async Task AppendAsync(int records) => await Environment.Context.Metadata.WriteAsync(async (session, _) =>
    {
        for (var i = 0; i < records; i++)
            await Log.AppendAsync(session, new AuditEntry("registry.alias.set", $"model{i}@champion", "because", i % 3 == 0 ? null : "{\"version\":1}", $"{{\"version\":{i}}}"));
        return 0;
    });

    public async Task TamperAsync(params string[] statements) => await Environment.Context.Metadata.WriteAsync(async (session, _) =>
    {
        foreach (var sql in statements)
            await session.ExecuteAsync(sql);
        return 0;
    });

    public async Task<byte[][]> LeavesAsync() => [.. (await Log.ReadAsync(limit: int.MaxValue)).Select(record => Convert.FromHexString(record.Hash))];

    /// <summary>Writes the hashes anew from a record on, as somebody who knows the format does.</summary>
    public async Task RehashAsync(long from, long to)
    {
        var records = await Log.ReadAsync(limit: int.MaxValue);
        var former = from == 1 ? "" : records.Single(record => record.Sequence == from - 1).Hash;
        await Environment.Context.Metadata.WriteAsync(async (session, _) =>
        {
            foreach (var record in records.Where(record => record.Sequence >= from && record.Sequence <= to))
            {
                former = MlOps.Audit.AuditHash.Compute("sandbox", former, record.Sequence, record);
                await session.ExecuteAsync("UPDATE audit_record SET hash = @hash WHERE sequence = @sequence", ("@hash", former), ("@sequence", record.Sequence));
            }

            return 0;
        });
    }

    public async ValueTask DisposeAsync()
    {
        await Environment.DisposeAsync();
        Key.Dispose();
    }
}
