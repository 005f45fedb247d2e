using System.Security.Cryptography;
using MlOps.Testing;

namespace MlOps.Core.Tests.Audit;

public sealed class SqlAuditLogTests : IAsyncLifetime
{
    private readonly TestEnvironment _environment = new();

    private IAuditLog Log => _environment.Context.Audit;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _environment.DisposeAsync();

    private async Task AppendAsync(AuditEntry entry) => await _environment.Context.Metadata.WriteAsync(async (session, _) =>
    {
        await Log.AppendAsync(session, entry);
        return 0;
    });

    private async Task TamperAsync(string sql) => await _environment.Context.Metadata.WriteAsync((session, _) => session.ExecuteAsync(sql));

    [Fact]
    public async Task Records_CarryActorTimeAndEntryDenselyFromOne()
    {
        using (_environment.Caller.ActAs(CallerAccessor.Named("ada")))
            await AppendAsync(new AuditEntry("registry.alias.set", "churn@champion", "better", null, """{"version":2}"""));
        await AppendAsync(new AuditEntry("x.y.z", "s"));

        var records = await Log.ReadAsync();
        records.Select(r => r.Sequence).Should().Equal(1, 2);
        records[0].Actor.Should().Be("ada");
        records[1].Actor.Should().StartWith("process:");
        records[0].Entry.Should().Be(new AuditEntry("registry.alias.set", "churn@champion", "better", null, """{"version":2}"""));
        (await Log.ReadAsync(1)).Should().ContainSingle();
        (await Log.VerifyAsync()).Should().BeNull();
    }

    [Fact]
    public async Task Hash_IsTheDocumentedOne()
    {
        using (_environment.Caller.ActAs(CallerAccessor.Named("ada")))
            await AppendAsync(new AuditEntry("a.b.c", "é"));
        var record = (await Log.ReadAsync()).Single();

        // Format 1 written out by hand for this record.
        byte[] expected =
        [
            1, 7, 0, 0, 0, .. "sandbox"u8, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, .. BitConverter.GetBytes(record.Time.Microseconds),
            3, 0, 0, 0, .. "ada"u8, 5, 0, 0, 0, .. "a.b.c"u8, 2, 0, 0, 0, .. "é"u8, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255,
        ];
        record.Hash.Should().Be(Convert.ToHexStringLower(SHA256.HashData(expected)));
    }

    [Theory]
    [InlineData("UPDATE audit_record SET actor = 'eve' WHERE sequence = 3", 3)]
    [InlineData("UPDATE audit_record SET reason = 'x' WHERE sequence = 1", 1)]
    [InlineData("UPDATE audit_record SET before_state = '' WHERE sequence = 4", 4)]
    [InlineData("DELETE FROM audit_record WHERE sequence = 2", 3)]
    [InlineData("UPDATE audit_record SET sequence = 6 WHERE sequence = 2", 3)]
    [InlineData("UPDATE audit_record SET hash = (SELECT hash FROM audit_record WHERE sequence = 1) WHERE sequence = 5", 5)]
    public async Task Tampering_IsFoundAtTheFirstRecordThatDoesNotFit(string sql, long first)
    {
        for (var i = 0; i < 5; i++)
            await AppendAsync(new AuditEntry("a.b.c", "s" + i));
        await TamperAsync(sql);
        (await Log.VerifyAsync()).Should().Be(first);
    }

    [Fact]
    public async Task Act_ThatFails_LeavesNoRecordAndNoGap()
    {
        await AppendAsync(new AuditEntry("a.b.c", "1"));
        var act = () => _environment.Context.Metadata.WriteAsync<int>(async (session, _) =>
        {
            await Log.AppendAsync(session, new AuditEntry("a.b.c", "lost"));
            throw new InvalidOperationException();
        }).AsTask();
        await act.Should().ThrowAsync<InvalidOperationException>();
        await Task.WhenAll(Enumerable.Range(0, 1100).Select(i => AppendAsync(new AuditEntry("a.b.c", "s" + i))));
        (await Log.ReadAsync(1000)).Should().HaveCount(101);
        (await Log.VerifyAsync()).Should().BeNull();
    }
}
